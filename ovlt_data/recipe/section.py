"""What all sections of a recipe share: strict types, frozen values, no unknown keys."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ovlt_data.recipe.place import find_data, find_made, find_prompt, find_table, make_absolute, make_path


def _wrap(value: object) -> object:
    return [value] if isinstance(value, str) else value


Word = Annotated[str, Field(min_length=1)]
OneOrMore = Annotated[
    list[Word],
    Field(min_length=1),
    BeforeValidator(_wrap, json_schema_input_type=str | Annotated[list[str], Field(min_length=1)]),
]
"""A list; a single one may be written without brackets."""
DataPath = Annotated[Word, AfterValidator(find_data)]
TablePath = Annotated[Word, AfterValidator(find_table)]
MadePath = Annotated[Word, AfterValidator(find_made)]
LocalPath = Annotated[Word, AfterValidator(make_path)]
LocalPaths = Annotated[OneOrMore, AfterValidator(make_absolute)]
PromptName = Annotated[Word, AfterValidator(find_prompt)]


class Section(BaseModel):
    """A mapping of a recipe."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,  # defaults are prompts to find and rules to keep
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # an input may hold a key
    )
