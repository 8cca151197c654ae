"""The walk that a recipe asks for, with its prompts and tables read."""

from msgspec import Struct

from ovlt_data.generate.edit import EditPlan
from ovlt_data.generate.given import Given
from ovlt_data.generate.judge import JudgePlan
from ovlt_data.generate.probe import ProbePlan
from ovlt_data.generate.reason import Rung
from ovlt_data.generate.refine import RefinePlan
from ovlt_data.prompts import Prompt


class CaptionPlan(Struct, frozen=True):
    """Where captions come from: a model, or a table."""

    model: str = ""
    prompt: Prompt | None = None
    given: Given | None = None
    refine: RefinePlan | None = None


class ReasonPlan(Struct, frozen=True):
    """Where samples come from: a model, or a table."""

    model: str = ""
    """Asked first."""
    prompt: Prompt | None = None
    rungs: tuple[Rung, ...] = ()
    given: Given | None = None


class Plan(Struct, frozen=True):
    """The walk that a recipe asks for."""

    caption: CaptionPlan | None
    reason: ReasonPlan | None
    judge: JudgePlan | None = None
    edit: EditPlan | None = None
    min_samples: int = 1
    probes: tuple[ProbePlan, ...] = ()
    probes_captions: bool = False
    """Whether the samples say how far a caption alone leads."""

    def list_asked(self) -> dict[str, tuple[str, Prompt]]:
        """Who is asked and how, by role."""
        refine = self.caption.refine if self.caption else None
        steps = {"caption": self.caption, "feedback": refine, "reason": self.reason}
        asked = steps | {"judge": self.judge, "edit": self.edit}
        by_role = {role: (step.model, step.prompt) for role, step in asked.items() if step and step.prompt}
        if self.caption and refine:
            by_role["refine"] = (self.caption.model, refine.rewrite)
        if self.judge and self.judge.extract:
            by_role["judge (extraction)"] = (self.judge.model, self.judge.extract)
        return by_role | {f"probe_{probe.name}": (probe.model, probe.prompt) for probe in self.probes}
