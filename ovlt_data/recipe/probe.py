"""What a recipe says of probes: how problems fare when they are asked in other ways. They are columns and drop nothing
by themselves: papers disagree on what a blind model's success is worth."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from ovlt_data.recipe.mix import Mix
from ovlt_data.recipe.model import Model
from ovlt_data.recipe.reason import ReasonStep
from ovlt_data.recipe.section import PromptName, Section, Word
from ovlt_data.recipe.step import Step
from ovlt_data.types import ProbeName


class CaptionProbe(Section):
    """From the caption alone: the reasoner's own samples say it, and nothing is asked."""


class SampledProbe(Section):
    """Each problem is asked several times."""

    model: Word
    """A name under `models`."""
    prompt: PromptName = "student"
    """What it is asked: question and choices, never a caption."""
    samples: int = Field(default=4, ge=1)
    """Per problem."""


class RotatedProbe(Section):
    """Each problem is asked once under each rotation of its choices."""

    model: Word
    """A name under `models`."""
    prompt: PromptName = "student"
    """What it is asked: question and choices, never a caption."""
    rotations: int | None = Field(default=None, ge=2)
    """Of each problem, evenly spaced, with the choices as they stand as the first; left out: all."""


class Probes(Section):
    """Columns `probe_<name>` with the share of correct replies, and never a filter by themselves."""

    blind: SampledProbe | None = None
    """Without the picture. Problems without pictures are not asked."""
    caption: CaptionProbe | None = None
    """From the caption alone, `{}`: the pass rate of `reason`, which costs no request."""
    image: SampledProbe | None = None
    """As the problem stands, pictures and all."""
    rotated: RotatedProbe | None = None
    """With the picture and rotated choices: the share of rotations that is answered rightly. Problems without choices,
    or with choices that speak of each other, are not asked."""

    @property
    def names(self) -> list[ProbeName]:
        """Those that the recipe has."""
        found: dict[ProbeName, Section | None] = {
            "blind": self.blind,
            "caption": self.caption,
            "image": self.image,
            "rotated": self.rotated,
        }
        return [name for name, probe in found.items() if probe is not None]

    @property
    def asked(self) -> dict[ProbeName, SampledProbe | RotatedProbe]:
        """Those that a model is asked for."""
        found: dict[ProbeName, SampledProbe | RotatedProbe | None] = {
            "blind": self.blind,
            "image": self.image,
            "rotated": self.rotated,
        }
        return {name: probe for name, probe in found.items() if probe is not None}

    @property
    def models(self) -> list[str]:
        """Who is asked."""
        return [probe.model for probe in self.asked.values()]


def refuse_unaskable(probes: Probes, sections: Mapping[str, Any]) -> None:
    """Raises ValueError for what the recipe's other sections, as far as they are sound, don't allow."""
    models: Mapping[str, Model] = sections.get("models", {})
    for probe in (probes.blind, probes.image):
        if probe and probe.samples > 1 and probe.model in models and models[probe.model].sampling.greedy:
            raise ValueError(
                f"asks for {probe.samples} samples of `{probe.model}`, whose sampling is greedy, so that all are "
                "alike; expected samples: 1, or temperature >= 0.01 and top_k other than 1"
            )
    if probes.caption is not None and {"caption", "reason"} <= sections.keys():
        _refuse_uncaptioned(sections["caption"], sections["reason"])


def refuse_unprobed(section: list[Step] | Mix | None, probes: Probes | None) -> None:
    """Raises ValueError for a selection by a probe that the recipe does not have."""
    missing = [name for name in _list_selecting(section) if probes is not None and name not in probes.names]
    if probes is not None and missing:
        there = ", ".join(probes.names) or "none yet"
        raise ValueError(f"selects by the probe `{missing[0]}`; expected one that `probes` has: {there}")


def _refuse_uncaptioned(caption: object, reason: ReasonStep | None) -> None:
    if caption is None or reason is None:
        raise ValueError("has `caption`, whose replies are those of `reason`; expected `caption` and `reason`")
    if reason.samples.until:
        raise ValueError(
            "has `caption`, but reason.samples goes on until some are correct, so that their number follows from their "
            "outcome and there is no pass rate; expected a number of samples, such as samples: 8"
        )


def _list_selecting(section: list[Step] | Mix | None) -> list[ProbeName]:
    """The probes that a section selects by; a mixture's may be those of another version."""
    if isinstance(section, list):
        rates = [(step.mark or step).pass_rate for step in section]
        return [rate.of for rate in rates if rate and rate.of]
    rate = section.pass_rate if section else None
    return [rate.of] if rate and rate.of and rate.from_ is None else []
