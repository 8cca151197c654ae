"""What a recipe says of curation: a list of steps, each with exactly one key."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ovlt_data.recipe.leakage import LeakageStep
from ovlt_data.recipe.section import Section
from ovlt_data.types import AnswerType, ProbeName

By = Literal["shortest", "second_longest", "first", "all"]
How = Literal["keep", "truncate", "excise"]
Needed = dict[Literal["default", AnswerType], Annotated[int, Field(ge=0)]]

Drop = Literal["drop"]
PROBLEM_FILTERS = frozenset({"image_size", "answer_in_question", "near_pictures", "near_problems"})
"""Filters that look at what is asked."""
TRACE_FILTERS = frozenset({"caption_leakage", "format", "loops", "repeated_text"})
"""Filters that read one trace."""
LENGTH_FILTERS = frozenset({"min_words", "max_words", "min_tokens", "max_tokens"})

SAMPLE_LEVEL = frozenset({"select", "strip_reflections"}) | TRACE_FILTERS | LENGTH_FILTERS
"""Steps that look at one trace: rows of a grpo dataset have none."""
FILTERS = frozenset({"min_correct", "pass_rate"}) | PROBLEM_FILTERS | TRACE_FILTERS | LENGTH_FILTERS
"""Steps that drop rows, and so can mark them instead."""


class Select(Section):
    """Which of a problem's correct samples are kept."""

    by: By
    """Length is that of the trace as it stands at this step."""
    keep: int = Field(default=1, ge=1)
    """How many distinct ones; `all` keeps every one."""


class PassRates(Section):
    """How hard problems may be for the first teacher, or for a probe."""

    of: ProbeName | None = None
    """A probe's pass rate; problems that it does not ask stay. Left out: that of the samples."""
    min: float = Field(default=0.0, ge=0, le=1)
    """Least share of the decided samples that is correct; harder ones go as `too_hard`."""
    max: float = Field(default=1.0, ge=0, le=1)
    """Highest share; easier ones go as `too_easy`."""

    @field_validator("max")
    @classmethod
    def _over_the_least(cls, most: float, info: ValidationInfo) -> float:
        least = info.data.get("min")
        if least is not None and most < least:
            raise ValueError(f"is {most:g}; expected at least min, {least:g}")
        return most


class Strip(Section):
    """What becomes of reflections."""

    how: How
    """`keep` only counts them."""
    answer_follows: Literal["report", "drop"] = "report"
    """Traces in which the gold's value or choice doesn't stand (any more): count them, or drop them."""


class ImageSize(Section):
    """Which pictures are fit to be looked at, by their size in pixels."""

    min_side: int = Field(default=28, ge=1)
    """Of the shorter side: 28 is one token of Qwen2-VL."""
    max_aspect: float = Field(default=200.0, ge=1)
    """Longer side over shorter: Qwen2-VL's processor, and so vLLM, refuses more than 200."""
    max_pixels: int | None = Field(default=None, ge=1)
    """Width times height."""

    def allow(self, width: int, height: int) -> bool:
        """Whether a picture of this size is within the limits."""
        shorter, longer = sorted((width, height))
        too_large = self.max_pixels is not None and width * height > self.max_pixels
        return shorter >= self.min_side and longer <= self.max_aspect * shorter and not too_large


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
    pass_rate: PassRates | None = None
    """Drop problems that are too easy or too hard: {min: 0.25, max: 0.75}, or by a probe: {of: blind, max: 0.5}.
    Those without a pass rate go as `not_rated`."""
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
    min_tokens: int | None = Field(default=None, ge=1)
    """Drop replies of fewer tokens, as the server counted them; where it told none, the reply stays."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Drop replies of more tokens. Of several replies to one request a count is its share by length."""
    caption_leakage: LeakageStep | None = None
    """Drop traces that speak of the caption ("the description says"), which the student never sees. On by default
    where the recipe has `caption`; `keep` turns it off. {rewrite: {model: NAME}} lets a model write them anew first."""
    loops: Drop | None = None
    """Drop traces that repeat one passage without end."""
    repeated_text: float | None = Field(default=None, ge=0, lt=1)
    """Drop traces of which more than this share of all runs of eight words was said before."""
    format: Drop | None = None
    """Drop replies that did not finish, hold no thought, have not exactly one <answer> at their end, or stray tags."""
    strip_tails: Literal["strip"] | None = None
    """Ask the student without orders about the answer's form ("Answer with a single word") at the question's end;
    the column `question` keeps the source's words."""
    image_size: ImageSize | None = None
    """Drop problems with a picture outside these limits: {min_side: 28, max_aspect: 200, max_pixels: N}."""
    answer_in_question: Drop | None = None
    """Drop problems whose question states the gold, but for choices and yes or no."""
    near_problems: float | None = Field(default=None, gt=0, le=1)
    """Of problems on the same or nearly the same picture, with one gold and equal numbers, that share so much of
    their wording (0.8: of runs of three words), keep the first by a hash."""
    near_pictures: int | None = Field(default=None, ge=0, le=64)
    """Of different pictures that look the same, keep the problems of the first by a hash: largest number of the 256
    bits of a perceptual hash that differ."""
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
        if step is not None and step.caption_leakage is not None and step.caption_leakage.how == "keep":
            raise ValueError("can't mark what `keep` keeps; expected mark: {caption_leakage: drop}")
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
