"""What a recipe says of sampling: how many samples a problem gets, and what is tried when they don't solve it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_serializer

from ovlt_data.recipe.section import PromptName, Section, Word


class Until(Section):
    """When a problem has enough samples."""

    correct: int = Field(ge=1)
    """So many are correct. One that can't be scored is undecided: it doesn't count."""


class SampleCount(Section):
    """Samples of one problem: a fixed number, or as many as it takes.

    A round asks for `min`, then for as many as are still missing: in the best case all of them are needed.
    """

    min: int = Field(default=1, ge=1)
    """At least so many."""
    max: int = Field(ge=1)
    """Then the problem is given up."""
    until: Until | None = None
    """What is enough. How many samples there are then follows from their outcome: pass_rate is null."""

    @property
    def enough(self) -> int:
        """Correct samples with which a problem is solved."""
        return self.until.correct if self.until else 1

    @property
    def most_correct(self) -> int:
        """Correct samples that a problem is sure to reach where all of them are."""
        return self.until.correct if self.until else self.max

    @field_validator("max")
    @classmethod
    def _over_the_least(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("min")
        if least is not None and most < least:
            raise ValueError(f"is {most}; expected at least min, {least}")
        return most

    @field_validator("until")
    @classmethod
    def _can_be_reached(cls, until: Until | None, info: ValidationInfo) -> Until | None:
        least, most = info.data.get("min"), info.data.get("max")
        if least is None or most is None:
            return until
        if until is None and least < most:
            raise ValueError(f"is missing; expected until: {{correct: N}} between min ({least}) and max ({most})")
        if until is not None and until.correct > most:
            raise ValueError(f"asks for {until.correct} correct of at most {most} samples; expected no more than max")
        return until

    @model_serializer
    def _write_short(self) -> int | dict[str, Any]:
        if self.until is None:
            return self.max
        return {"min": self.min, "max": self.max, "until": {"correct": self.until.correct}}


def _spell_out_count(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"min": value, "max": value}
    return value


Samples = Annotated[
    SampleCount,
    BeforeValidator(_spell_out_count, json_schema_input_type=Annotated[int, Field(ge=1)] | SampleCount),
]
"""`4` is short for {min: 4, max: 4}."""
FOUR = SampleCount(min=4, max=4)


class Rung(Section):
    """One further try at problems that ended so; rungs are tried in their order."""

    on: Literal["length", "wrong"]
    """`length`: samples of the model asked last that were cut off; `wrong`: problems without enough correct samples."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Of `length`: the higher cap under which they are asked again, in the same slots."""
    model: Word | None = None
    """Of `wrong`: the next teacher, a name under `models`."""
    samples: Samples | None = None
    """Of `wrong`: its samples; left out: as many as `reason` says."""

    @field_validator("max_tokens", "model")
    @classmethod
    def _belongs(cls, value: Any, info: ValidationInfo) -> Any:
        on = info.data.get("on")
        wanted = {"length": "max_tokens", "wrong": "model"}.get(on or "")
        if wanted == info.field_name and value is None:
            raise ValueError(f"is missing; expected it with on: {on}")
        if wanted and wanted != info.field_name and value is not None:
            raise ValueError(f"stands with on: {on}; expected only {wanted} there")
        return value

    @field_validator("samples")
    @classmethod
    def _of_a_teacher(cls, samples: SampleCount | None, info: ValidationInfo) -> SampleCount | None:
        if samples is not None and info.data.get("on") == "length":
            raise ValueError("stands with on: length; expected none there: the samples that were cut off are asked")
        return samples


class ReasonStep(Section):
    """Samples of reasoning, from the caption or from the picture itself."""

    model: Word
    """A name under `models`."""
    prompt: PromptName = "reason_from_caption"
    """What the reasoner is asked; a vision model takes the student's prompt."""
    samples: Samples = FOUR
    """Per problem: 4, or {min: 1, max: 8, until: {correct: 1}}. Raising it keeps those that are there."""
    escalate: list[Rung] = []
    """What is tried with problems that these samples don't solve."""

    @property
    def teachers(self) -> list[tuple[str, SampleCount]]:
        """Models in the order in which they are asked, with their samples."""
        further = [(rung.model, rung.samples or self.samples) for rung in self.escalate if rung.model is not None]
        return [(self.model, self.samples), *further]

    @property
    def models(self) -> list[str]:
        """Their names."""
        return [name for name, _ in self.teachers]

    @field_validator("escalate")
    @classmethod
    def _asks_others(cls, rungs: list[Rung], info: ValidationInfo) -> list[Rung]:
        asked = [info.data.get("model"), *(rung.model for rung in rungs if rung.model is not None)]
        twice = sorted({str(name) for name in asked if asked.count(name) > 1})
        if twice:
            raise ValueError(f"asks `{twice[0]}` twice; expected another model, or more `samples` of the same")
        return rungs
