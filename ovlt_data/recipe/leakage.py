"""What a recipe says of traces that speak of a caption: drop them, keep them, or let a model write them anew first."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ovlt_data.recipe.section import PromptName, Section, Word


class Rewrite(Section):
    """A model that takes the caption out of a correct trace, word for word the same elsewhere.

    What it writes counts only if few words differ, nothing in it speaks of the caption, its tags are those of the
    trace, and its answer is right.
    """

    model: Word
    """A name under `models`."""
    prompt: PromptName = "rewrite_leakage"
    """What it is asked, from the `trace` in its tags; it has to keep them."""
    max_changed: float = Field(default=0.15, ge=0, le=1)
    """Most changed words (put in, left out, replaced) as a share of the trace's."""


class Leakage(Section):
    """What becomes of traces that speak of the caption."""

    how: Literal["drop", "keep"] = "drop"
    """Of those that still do after a rewrite, where there is one."""
    rewrite: Rewrite | None = None
    """Who may write them anew before that: {model: NAME}."""


def _spell_out(value: object) -> object:
    return {"how": value} if isinstance(value, str) else value


LeakageStep = Annotated[Leakage, BeforeValidator(_spell_out, json_schema_input_type=Literal["drop", "keep"] | Leakage)]
"""`drop` is short for {how: drop}."""
