"""What a recipe may say: the reference of its keys, in the order of the data's life.

    models -> problems -> caption -> reason (or samples) -> judge -> probes -> curate -> build

Types are strict (a quoted "4" is no number) and unknown keys are errors. Rules between keys are field validators that
look at the fields before them, not model validators: those keep silent while anything else is wrong, and a person
is to be told everything at once, each thing at the key to change. `model.py` holds the section of one model,
`caption.py` what stands for pictures, `reason.py` how the reasoner is sampled, `step.py` the steps of curation.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from ovlt_data.recipe.budget import Budget
from ovlt_data.recipe.caption import CaptionStep
from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.judge import JudgeStep
from ovlt_data.recipe.leakage import Rewrite
from ovlt_data.recipe.mix import Mix
from ovlt_data.recipe.model import Model
from ovlt_data.recipe.probe import Probes, refuse_unaskable, refuse_unprobed
from ovlt_data.recipe.problems import Problems
from ovlt_data.recipe.reason import ReasonStep
from ovlt_data.recipe.section import LocalPaths, PromptName, Section, TablePath, Word
from ovlt_data.recipe.step import SAMPLE_LEVEL, Step
from ovlt_data.recipe.stop import Stop, StopWhen


class SampleColumns(Section):
    """Names in a table of samples."""

    id: Word = "id"
    """The problem's id, or its row's name in the source; several rows may share it."""
    reasoning: Word = "reasoning"
    """The trace."""
    content: Word = "content"
    """What follows the trace, with the answer."""


class GivenSamples(Section):
    """Samples from a table, instead of `reason`."""

    from_: TablePath = Field(alias="from")
    """A table (.jsonl, .parquet, or a folder of Parquet files)."""
    columns: SampleColumns = SampleColumns()
    """The table's column names."""


class Build(Section):
    """What a row of the dataset looks like."""

    kind: Literal["sft", "grpo"]
    """`sft`: prompt and completion; `grpo`: prompt and gold answer."""
    prompt: PromptName = "student"
    """What the student is asked: question and choices only, never the caption."""
    answer: Literal["gold", "model"] = "gold"
    """Whose wording stands in <answer>."""
    redistribute: list[Word] = []
    """Sources whose licence bars it, but whose rows you have the right to pass on: `ovlt push` takes your word."""
    target: Literal["think_answer"] = "think_answer"
    """Form of the completion: <think>…</think>, prose, <answer>…</answer>."""


class Recipe(RecipeFile):
    """One dataset, from problems to rows."""

    model_config = ConfigDict(title="ovlt recipe")

    seed: int = 0
    """Of every choice among rows."""
    models: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")], Model] = {}
    """Models by a name of your own, for the steps below."""
    problems: Problems
    """Where problems come from."""
    caption: CaptionStep | None = None
    """What stands for the picture; left out: the reasoner sees the picture itself."""
    reason: ReasonStep | None = None
    """Samples of reasoning from a model."""
    samples: GivenSamples | None = None
    """Instead of `reason`: samples from a table."""
    judge: JudgeStep | None = None
    """A language model's word on what the rules leave unscorable; left out: that stays so."""
    probes: Probes = Probes()
    """How problems fare when they are asked in other ways: columns, for selection and for the report."""
    curate: list[Step] = []
    """Steps in this order; nothing is sent, every dropped row keeps its reason. With `caption`, sft rows pass
    `caption_leakage: drop` first, unless a step says otherwise."""
    mix: Mix | None = None
    """Quotas by source, difficulty, exclusion and a held-back split, of what curation kept."""
    build: Build
    """What a row of the dataset looks like."""
    store: LocalPaths | None = None
    """Folder of the response store, then further ones to read only; left out: OVLT_STORE, or ./store."""
    stop: Stop = Stop()
    """When a run gives up."""
    budget: Budget = Budget()
    """What a run may spend; left out: all it takes."""
    stop_when: StopWhen = StopWhen()
    """When there is enough; left out: every problem is asked."""

    @property
    def steps(self) -> list[Step]:
        """The steps of curation with those that stand there by default.

        A trace written from a caption must not tell a student of it. This comes first, so that `select` chooses
        among what may be kept.
        """
        said = any((step.mark or step).caption_leakage is not None for step in self.curate)
        if self.caption is None or self.build.kind == "grpo" or said:
            return self.curate
        return [Step.model_validate({"caption_leakage": "drop"}), *self.curate]

    @property
    def rewrite(self) -> Rewrite | None:
        """Who writes leaking traces anew."""
        return next(_find_rewrites(self.curate), None)

    def expects_reasoning(self, name: str) -> bool:
        """Whether a model that returns no reasoning is to be reported."""
        said = self.models[name].reasoning
        if said is not None:
            return said
        return self.caption is not None and self.reason is not None and self.reason.model == name

    @field_validator("caption", "reason", "judge", "probes")
    @classmethod
    def _model_is_listed(cls, step: CaptionStep | ReasonStep | JudgeStep | Probes | None, info: ValidationInfo) -> Any:
        models = info.data.get("models")
        if step is not None and models is not None:
            _refuse_unlisted(step.models, models)
        return step

    @field_validator("reason")
    @classmethod
    def _samples_can_differ(cls, reason: ReasonStep | None, info: ValidationInfo) -> ReasonStep | None:
        models: dict[str, Model] = info.data.get("models", {})
        for name, samples in reason.teachers if reason else ():
            if samples.max > 1 and name in models and models[name].sampling.greedy:
                raise ValueError(
                    f"asks for {samples.max} samples of `{name}`, whose sampling is greedy, so that "
                    "all are alike; expected samples: 1, or temperature >= 0.01 and top_k other than 1"
                )
        return reason

    @field_validator("reason")
    @classmethod
    def _caps_rise(cls, reason: ReasonStep | None, info: ValidationInfo) -> ReasonStep | None:
        models: dict[str, Model] = info.data.get("models", {})
        if reason is None or any(name not in models for name, _ in reason.teachers):
            return reason
        name, cap = reason.model, models[reason.model].sampling.max_tokens
        for number, rung in enumerate(reason.escalate):
            if rung.model is not None:
                name, cap = rung.model, models[rung.model].sampling.max_tokens
            elif cap is None or (rung.max_tokens or 0) <= cap:
                said = "which has no max_tokens" if cap is None else f"which was asked with max_tokens {cap}"
                raise ValueError(
                    f"asks `{name}`, {said}, again with {rung.max_tokens} in escalate.{number}; expected a higher cap"
                )
            else:
                cap = rung.max_tokens
        return reason

    @field_validator("samples")
    @classmethod
    def _one_origin(cls, samples: GivenSamples | None, info: ValidationInfo) -> GivenSamples | None:
        if samples is not None and info.data.get("reason") is not None:
            raise ValueError("stands beside `reason`; expected exactly one of `reason` and `samples`")
        return samples

    @field_validator("judge")
    @classmethod
    def _has_what_to_judge(cls, judge: JudgeStep | None, info: ValidationInfo) -> JudgeStep | None:
        if judge is not None and [info.data.get(key, "wrong") for key in ("reason", "samples")] == [None, None]:
            raise ValueError("has no samples to judge; expected `reason` or `samples` beside it")
        return judge

    @field_validator("curate")
    @classmethod
    def _enough_can_be_correct(cls, steps: list[Step], info: ValidationInfo) -> list[Step]:
        reason: ReasonStep | None = info.data.get("reason")
        asked = [n for step in steps for n in ((step.mark or step).min_correct or {}).values()]
        most = max(samples.most_correct for _, samples in reason.teachers) if reason else None
        if most is not None and asked and max(asked) > most:
            what = "correct samples, where sampling ends" if reason and reason.samples.until else "samples"
            raise ValueError(f"asks for min_correct {max(asked)} of {most} {what}; expected no more than those")
        return steps

    @field_validator("probes")
    @classmethod
    def _can_be_asked(cls, probes: Probes, info: ValidationInfo) -> Probes:
        refuse_unaskable(probes, info.data)
        return probes

    @field_validator("curate", "mix")
    @classmethod
    def _selects_by_probes(cls, section: Any, info: ValidationInfo) -> Any:
        refuse_unprobed(section, info.data.get("probes"))
        return section

    @field_validator("curate")
    @classmethod
    def _edits_what_was_written(cls, steps: list[Step], info: ValidationInfo) -> list[Step]:
        rewrites = list(_find_rewrites(steps))
        if "models" in info.data:
            _refuse_unlisted([rewrite.model for rewrite in rewrites], info.data["models"])
        if len(rewrites) > 1:
            raise ValueError("has two rewrites; expected one: all that leaks is edited once, before curation")
        names = [step.name for step in steps]
        stripped = names.index("strip_reflections") if "strip_reflections" in names else len(steps)
        if rewrites and not any(_find_rewrites(steps[:stripped])):
            raise ValueError(
                "rewrites traces after strip_reflections, but the editor gets them as they were written; "
                "expected caption_leakage before strip_reflections"
            )
        return steps

    @field_validator("curate")
    @classmethod
    def _has_pass_rates(cls, steps: list[Step], info: ValidationInfo) -> list[Step]:
        reason: ReasonStep | None = info.data.get("reason")
        rates = [(step.mark or step).pass_rate for step in steps]
        if reason and reason.samples.until and any(rate and rate.of is None for rate in rates):
            raise ValueError(
                "selects by pass_rate, but reason.samples goes on until some are correct, so that their number follows "
                "from their outcome and there is no pass rate; expected a number of samples, such as samples: 8"
            )
        return steps

    @field_validator("build")
    @classmethod
    def _steps_fit_the_kind(cls, build: Build, info: ValidationInfo) -> Build:
        origins = [info.data.get(key, "wrong") for key in ("reason", "samples")]
        if build.kind == "sft" and origins == [None, None]:
            raise ValueError("is sft, whose rows hold a trace; expected exactly one of `reason` and `samples`")
        names = [(step.mark or step).name for step in info.data.get("curate", ())]
        wrong = [name for name in names if name in SAMPLE_LEVEL]
        if build.kind == "grpo" and wrong:
            raise ValueError(
                f"is grpo, whose rows hold no trace, but curate has {', '.join(wrong)}; "
                "expected only steps that look at problems"
            )
        return build

    @field_validator("stop")
    @classmethod
    def _enough_can_arrive(cls, stop: Stop, info: ValidationInfo) -> Stop:
        reason: ReasonStep | None = info.data.get("reason")
        if reason and stop.min_samples > reason.samples.min:
            raise ValueError(
                f"asks for min_samples {stop.min_samples} of {reason.samples.min} samples; expected no more"
            )
        return stop

    @field_validator("budget")
    @classmethod
    def _can_be_counted(cls, budget: Budget, info: ValidationInfo) -> Budget:
        models: dict[str, Model] = info.data.get("models", {})
        if "models" in info.data:
            _refuse_unlisted(sorted(budget.models), models)
        costly = models if budget.cost is not None else [n for n, limits in budget.models.items() if limits.cost]
        if free := [name for name in costly if name in models and models[name].price is None]:
            raise ValueError(
                f"limits the cost, but models.{free[0]} has no price; expected "
                f"models.{free[0]}.price: {{prompt: …, completion: …}} per million tokens"
            )
        return budget

    @field_validator("stop_when")
    @classmethod
    def _sources_are_there(cls, stop_when: StopWhen, info: ValidationInfo) -> StopWhen:
        problems: Problems | None = info.data.get("problems")
        there = [spec.source for spec in problems.sources] if problems else list(stop_when.sources)
        if unknown := [name for name in stop_when.sources if name not in there]:
            raise ValueError(f"names the source `{unknown[0]}`; expected one of: {', '.join(dict.fromkeys(there))}")
        return stop_when


def _find_rewrites(steps: Iterable[Step]) -> Iterator[Rewrite]:
    said = [(step.mark or step).caption_leakage for step in steps]
    yield from (leakage.rewrite for leakage in said if leakage and leakage.rewrite)


def _refuse_unlisted(named: Iterable[str], models: Iterable[str]) -> None:
    listed = list(models)
    if unknown := [name for name in named if name not in listed]:
        known = ", ".join(listed) or "none yet"
        raise ValueError(f"names the model `{unknown[0]}`; expected one that `models` lists: {known}")
