"""What a recipe says of curation: a list of steps, each with exactly one key."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from ovlt_data.recipe.section import Section
from ovlt_data.types import AnswerType

By = Literal["shortest", "second_longest", "first", "all"]
How = Literal["keep", "truncate", "excise"]
Needed = dict[Literal["default", AnswerType], Annotated[int, Field(ge=0)]]

SAMPLE_LEVEL = frozenset({"select", "strip_reflections", "min_words", "max_words"})
"""Steps that look at one trace: rows of a grpo dataset have none."""
FILTERS = frozenset({"min_correct", "min_words", "max_words"})
"""Steps that drop rows, and so can mark them instead."""


class Select(Section):
    """Which of a problem's correct samples are kept."""

    by: By
    """Length is that of the trace as it stands at this step."""
    keep: int = Field(default=1, ge=1)
    """How many distinct ones; `all` keeps every one."""


class Strip(Section):
    """What becomes of reflections."""

    how: How
    """`keep` only counts them."""
    answer_follows: Literal["report", "drop"] = "report"
    """Traces in which the gold's value or choice doesn't stand (any more): count them, or drop them."""


def _spell_out_needed(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"default": value}
    return {"default": 1, **value} if isinstance(value, dict) else value


def _spell_out_select(value: object) -> object:
    return {"by": value} if isinstance(value, str) else value


def _spell_out_strip(value: object) -> object:
    return {"how": value} if isinstance(value, str) else value


MinCorrect = Annotated[Needed, BeforeValidator(_spell_out_needed, json_schema_input_type=int | Needed)]
"""`2` is short for {default: 2}."""
SelectStep = Annotated[Select, BeforeValidator(_spell_out_select, json_schema_input_type=By | Select)]
"""`shortest` is short for {by: shortest}."""
StripStep = Annotated[Strip, BeforeValidator(_spell_out_strip, json_schema_input_type=How | Strip)]
"""`truncate` is short for {how: truncate}."""


class Step(Section):
    """One step of curation: exactly one of these keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    min_correct: MinCorrect | None = None
    """Drop problems with fewer correct samples: a number, or {default: 1, yes_no: 3} by answer type."""
    select: SelectStep | None = None
    """Keep some of the correct samples of each problem: `shortest`, or {by: shortest, keep: 2}."""
    strip_reflections: StripStep | None = None
    """`truncate` cuts a trace at the paper's first marker, `excise` takes the detours out and keeps what lies between.

    {how: excise, answer_follows: drop} also drops traces in which the answer no longer stands.
    """
    min_words: int | None = Field(default=None, ge=1)
    """Drop traces with fewer words."""
    max_words: int | None = Field(default=None, ge=1)
    """Drop traces with more words."""
    mark: "Step | None" = None
    """A filter that writes its verdict as a column instead of dropping."""

    @property
    def name(self) -> str:
        """The one key that is set."""
        return next(iter(self.model_fields_set))

    @field_validator("mark")
    @classmethod
    def _marks_a_filter(cls, step: Self | None) -> Self | None:
        if step is not None and step.name not in FILTERS:
            raise ValueError(f"can't mark {step.name}; expected a filter: {', '.join(sorted(FILTERS))}")
        return step

    @model_validator(mode="before")
    @classmethod
    def _has_one_key(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        steps = cast(dict[str, Any], data)
        if len(steps) != 1:
            keys = ", ".join(steps) or "none"
            raise ValueError(f"has the keys {keys}; expected exactly one key in each step of the list")
        if None in steps.values():
            raise ValueError(
                f"has no value for {next(iter(steps))}; expected one, on the same line or indented under it"
            )
        return steps
