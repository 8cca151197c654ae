"""One row's whole way: caption -> samples -> verdicts, and what is written of it, whatever happens.

Every row ends in exactly one place: among the problems that have samples, among those that are no use, or among
the failures.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Interrupted
from ovlt_data.engine.tally import Tally
from ovlt_data.errors import RowError
from ovlt_data.generate.caption import caption_problem
from ovlt_data.generate.given import Given, given_reply
from ovlt_data.generate.reason import judge_replies, reason_problem
from ovlt_data.generate.record import Recorder
from ovlt_data.generate.stops import FailureWatch
from ovlt_data.prompts import Prompt
from ovlt_data.types import Caption, Failure, Problem, Sample, Stage, Unusable


class CaptionPlan(Struct, frozen=True):
    """Where captions come from: a model, or a table."""

    model: str = ""
    prompt: Prompt | None = None
    given: Given | None = None


class ReasonPlan(Struct, frozen=True):
    """Where samples come from: a model, or a table."""

    model: str = ""
    prompt: Prompt | None = None
    k: int = 0
    given: Given | None = None


class Plan(Struct, frozen=True):
    """The walk that a recipe asks for."""

    caption: CaptionPlan | None
    reason: ReasonPlan | None
    min_samples: int = 1


class MissingInTable(RowError):
    """A given table has nothing for this problem."""

    kind = "not_given"


class Walker:
    """Walks rows and counts what became of them."""

    def __init__(self, plan: Plan, engine: Engine, recorder: Recorder, tally: Tally, watch: FailureWatch) -> None:
        self._plan = plan
        self._engine = engine
        self._recorder = recorder
        self._tally = tally
        self._watch = watch
        self.left = 0
        """Rows that a stopping run left for the next one."""

    async def walk(self, row: Problem | Unusable) -> None:
        """Raises StopError; a RowError becomes a failure. A row that a stopping run leaves is as if never read."""
        if isinstance(row, Unusable):
            self._set_aside(row)
            return
        number = self._watch.start()
        stage: Stage = "caption"
        try:
            caption = await self._caption(row)
            stage = "reason"
            samples = await self._reason(row, caption)
        except RowError as error:
            self._fail(row, stage, error)
            self._watch.fail(number, error.kind, str(error))
        except Interrupted:
            self.left += 1
        else:
            self._keep(row, caption, samples)
            self._watch.go_well(number)

    async def _caption(self, problem: Problem) -> Caption | None:
        plan = self._plan.caption
        if plan is None:
            return None
        if plan.given is not None:
            return _given_caption(problem, plan.given)
        assert plan.prompt is not None, "a plan names a table or a prompt"
        return await caption_problem(problem, engine=self._engine, model=plan.model, prompt=plan.prompt)

    async def _reason(self, problem: Problem, caption: Caption | None) -> list[Sample]:
        plan = self._plan.reason
        if plan is None:
            return []
        if plan.given is not None:
            return await _given_samples(problem, plan.given)
        assert plan.prompt is not None, "a plan names a table or a prompt"
        return await reason_problem(
            problem,
            render_reason(problem, plan.prompt, caption),
            engine=self._engine,
            model=plan.model,
            k=plan.k,
            sees_images=caption is None,
            min_samples=self._plan.min_samples,
        )

    def _keep(self, problem: Problem, caption: Caption | None, samples: list[Sample]) -> None:
        self._recorder.add_problem(problem)
        if caption is not None and caption.text:
            self._recorder.add_caption(caption)
            self._tally.captions += 1
        for sample in samples:
            self._recorder.add_sample(sample, source=problem.source)
            self._tally.verdicts[sample.verdict.reason or sample.verdict.status] += 1
            self._tally.reasonless += sample.reasoning_origin == "none"
        self._tally.samples += len(samples)
        self._tally.kept += 1

    def _set_aside(self, row: Unusable) -> None:
        self._recorder.add_unusable(row)
        if not row.failed:
            self._tally.rejected[row.reason] += 1
            return
        failure = Failure(
            problem_id="",
            source=row.source,
            origin=row.origin,
            stage="source",
            kind=row.reason,
            lasting=True,
            message=row.message,
        )
        self._recorder.add_failure(failure)
        self._tally.failed[row.reason] += 1
        self._watch.fail(self._watch.start(), row.reason, row.message)

    def _fail(self, problem: Problem, stage: Stage, error: RowError) -> None:
        self._recorder.add_problem(problem)
        failure = Failure(
            problem_id=problem.id,
            source=problem.source,
            origin=problem.origin,
            stage=stage,
            kind=error.kind,
            lasting=error.lasting,
            request_key=error.request_key,
            endpoint=error.endpoint,
            attempts=error.attempts,
            message=str(error),
        )
        self._recorder.add_failure(failure)
        self._tally.failed[error.kind] += 1


def render_reason(problem: Problem, prompt: Prompt, caption: Caption | None) -> str:
    """The user message that the reasoner gets."""
    text = caption.text if caption is not None else None
    return prompt.render(question=problem.question, choices=problem.choices, caption=text, source=problem.source)


def lasting_failures(failures: Sequence[Mapping[str, object]], *, retry: frozenset[str]) -> dict[str, RowError]:
    """Earlier lasting failures by request key, without the kinds that are to be tried again."""
    refused: dict[str, RowError] = {}
    for row in failures:
        if not row["lasting"] or not row["request_key"] or row["kind"] in retry:
            continue
        error = RowError(str(row["message"]))
        error.kind, error.endpoint = str(row["kind"]), str(row["endpoint"])
        error.request_key = str(row["request_key"])
        refused[error.request_key] = error
    return refused


def _given_caption(problem: Problem, given: Given) -> Caption:
    for row in given.rows(problem):
        if text := str(row["caption"] or "").strip():
            return Caption(problem_id=problem.id, text=text, finish_reason="given")
    raise MissingInTable("the caption table has no caption under this problem's id or origin")


async def _given_samples(problem: Problem, given: Given) -> list[Sample]:
    rows = given.rows(problem)
    if not rows:
        raise MissingInTable("the samples table has no row under this problem's id or origin")
    return await judge_replies(problem, {slot: given_reply(row) for slot, row in enumerate(rows)}, key="")
