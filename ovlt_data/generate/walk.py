"""One row's whole way: caption -> samples -> verdicts -> probes, and what is written of it, whatever happens.

Every row ends in exactly one place: among the problems that have samples, among those that are no use, or among
the failures.
"""

from collections.abc import Sequence

from msgspec import Struct

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Interrupted
from ovlt_data.engine.tally import RungTally, Tally
from ovlt_data.errors import RowError
from ovlt_data.generate.caption import caption_problem
from ovlt_data.generate.edit import edit_samples
from ovlt_data.generate.given import Given, MissingInTable, given_caption, given_reply
from ovlt_data.generate.judge import Judge
from ovlt_data.generate.lasting import LastingFailures
from ovlt_data.generate.planned import CaptionPlan, Plan, ReasonPlan
from ovlt_data.generate.probe import probe_caption, probe_problem
from ovlt_data.generate.quota import Quota
from ovlt_data.generate.reason import Reasoned, grade_replies, reason_problem
from ovlt_data.generate.record import Recorder
from ovlt_data.generate.refine import refine_caption
from ovlt_data.generate.render import render_prompt
from ovlt_data.generate.stops import FailureWatch
from ovlt_data.types import Caption, Failure, Probed, Problem, Stage, Unusable

REJOINS = 2
"""How often a row whose request was given up goes back to the end of the queue: an outage of minutes costs no row."""


class Row(Struct):
    """One row on its way, from the moment it is read."""

    number: int
    """In the order of reading, from 1."""
    value: Problem | Unusable
    started: int = 0
    """In the order of setting out, from 1."""
    exhausted: int = 0
    """How often a request of it was given up."""
    attempts: int = 0
    """Of those requests."""


class Walker:
    """Walks rows and counts what became of them."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        recorder: Recorder,
        lasting: LastingFailures,
        tally: Tally,
        watch: FailureWatch,
        quota: Quota,
        *,
        retry: frozenset[str] = frozenset(),
    ) -> None:
        self._plan = plan
        self._engine = engine
        self._recorder = recorder
        self._lasting = lasting
        self._tally = tally
        self._watch = watch
        self._quota = quota
        self._retry = retry
        self.left = 0
        """Rows that a stopping run left for the next one."""

    async def walk(self, row: Row) -> bool:
        """True for a row that is to try again later: see REJOINS.

        Raises StopError; a RowError becomes a failure. A row that a stopping run leaves is as if never read.
        """
        problem = row.value
        if self._quota.is_full(problem.source) and not row.started:
            self._tally.unfed += 1
        elif isinstance(problem, Unusable):
            self._set_aside(problem)
        else:
            return await self._walk_problem(row, problem)
        return False

    async def _walk_problem(self, row: Row, problem: Problem) -> bool:
        row.started = row.started or self._watch.start()
        stage: Stage = "caption"
        try:
            caption = await self._caption(row, problem)
            stage = "reason"
            reasoned = await self._reason(row, problem, caption)
            stage = "edit"
            reasoned = await self._edit(row, problem, reasoned)
            stage = "probe"
            probed = await self._probe(row, problem, caption, reasoned)
        except RowError as error:
            return self._fail_or_rejoin(row, problem, stage, error)
        except Interrupted:
            self.left += 1
        else:
            self._keep(row, problem, caption, reasoned, probed)
            await self._quota.count(problem, row.number, reasoned.samples, probed)
        return False

    def _fail_or_rejoin(self, row: Row, problem: Problem, stage: Stage, error: RowError) -> bool:
        row.attempts += error.attempts
        if row.exhausted == 0:
            self._watch.fail(row.started, error.kind, str(error))
        row.exhausted += 1
        if not error.lasting and row.exhausted <= REJOINS:
            return True
        self._fail(row, problem, stage, error)
        return False

    async def _caption(self, row: Row, problem: Problem) -> Caption | None:
        plan = self._plan.caption
        if plan is None:
            return None
        if plan.given is not None:
            return given_caption(problem, plan.given)
        assert plan.prompt is not None, "a plan names a table or a prompt"
        caption = await caption_problem(
            problem, engine=self._engine, model=plan.model, prompt=plan.prompt, retry=self._retry
        )
        return caption if plan.refine is None or not caption.text else await self._refine(row, problem, caption, plan)

    async def _refine(self, row: Row, problem: Problem, caption: Caption, plan: CaptionPlan) -> Caption:
        assert plan.refine is not None, "only called for captions that are refined"
        refined = await refine_caption(
            problem, caption, engine=self._engine, captioner=plan.model, plan=plan.refine, retry=self._retry
        )
        if refined.failure is not None:
            self._do_without(row, problem, "refine", refined.failure)
        return refined.caption

    async def _reason(self, row: Row, problem: Problem, caption: Caption | None) -> Reasoned:
        plan, patient = self._plan.reason, row.exhausted < REJOINS
        if plan is None:
            return Reasoned([], {})
        judge = Judge(problem, self._plan.judge, self._engine, patient=patient) if self._plan.judge else None
        reasoned = await self._sample(problem, caption, plan, judge, patient=patient)
        for failure in judge.failures if judge else ():
            self._do_without(row, problem, "verify", failure)
        return reasoned

    async def _sample(
        self, problem: Problem, caption: Caption | None, plan: ReasonPlan, judge: Judge | None, *, patient: bool
    ) -> Reasoned:
        if plan.given is not None:
            return await _given_samples(problem, plan.given, judge)
        assert plan.prompt is not None, "a plan names a table or a prompt"
        return await reason_problem(
            problem,
            render_prompt(plan.prompt, problem, caption=caption.text if caption else None),
            engine=self._engine,
            rungs=plan.rungs,
            sees_images=caption is None,
            min_samples=self._plan.min_samples,
            patient=patient,
            tallies=self._tally.rungs,
            judge=judge,
        )

    async def _edit(self, row: Row, problem: Problem, reasoned: Reasoned) -> Reasoned:
        if self._plan.edit is None:
            return reasoned
        edited = await edit_samples(
            problem, reasoned.samples, engine=self._engine, plan=self._plan.edit, retry=self._retry
        )
        for one in edited:
            if one.failure is not None:
                self._do_without(row, problem, "edit", one.failure)
        return Reasoned([one.sample for one in edited], reasoned.by_rung)

    async def _probe(self, row: Row, problem: Problem, caption: Caption | None, reasoned: Reasoned) -> list[Probed]:
        probed: list[Probed] = []
        if self._plan.probes_captions and self._plan.reason is not None:
            probed += probe_caption(caption, reasoned.samples, model=self._plan.reason.model)
        for answers in await probe_problem(problem, self._plan.probes, engine=self._engine):
            if answers.failure is not None:
                self._do_without(row, problem, "probe", answers.failure)
            probed += answers.probed
        return probed

    def _keep(
        self, row: Row, problem: Problem, caption: Caption | None, reasoned: Reasoned, probed: Sequence[Probed]
    ) -> None:
        if row.exhausted:
            self._watch.recover()
        self._watch.go_well(row.started)
        self._recorder.add_problem(problem, number=row.number)
        if caption is not None and caption.text:
            self._recorder.add_caption(caption)
            self._tally.count_caption(caption)
        for sample in reasoned.samples:
            self._recorder.add_sample(sample, source=problem.source)
            self._tally.count_sample(sample)
        for reply in probed:
            self._recorder.add_probed(reply, problem)
            self._tally.count_probed(reply)
        self._tally.kept += 1
        if self._plan.reason is not None and self._plan.reason.rungs:
            count_rungs(reasoned, self._plan.reason.rungs[0].samples.enough, self._tally.rungs)

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

    def _fail(self, row: Row, problem: Problem, stage: Stage, error: RowError) -> None:
        failure = _describe_failure(row, problem, stage, error)
        self._recorder.add_problem(problem, number=row.number)
        self._recorder.add_failure(failure)
        self._lasting.add(failure)
        self._tally.failed[error.kind] += 1

    def _do_without(self, row: Row, problem: Problem, stage: Stage, error: RowError) -> None:
        """What failed costs the row only that; raises it where the row is to try again first."""
        if not error.lasting and row.exhausted < REJOINS:
            raise error
        self._lasting.add(_describe_failure(row, problem, stage, error))


def _describe_failure(row: Row, problem: Problem, stage: Stage, error: RowError) -> Failure:
    return Failure(
        problem_id=problem.id,
        source=problem.source,
        origin=problem.origin,
        stage=stage,
        kind=error.kind,
        lasting=error.lasting,
        request_key=error.request_key,
        endpoint=error.endpoint,
        attempts=row.attempts,
        message=str(error),
    )


def count_rungs(reasoned: Reasoned, enough: int, tallies: Sequence[RungTally]) -> None:
    """Add one problem to what each rung did."""
    correct = 0
    for number, samples in sorted(reasoned.by_rung.items()):
        tally, before = tallies[number], correct
        right = sum(sample.verdict.status == "correct" for sample in samples)
        correct += right
        tally.problems += 1
        tally.samples += len(samples)
        tally.correct += right
        tally.solved += before < enough <= correct
        tally.completion_tokens += sum(sample.completion_tokens for sample in samples)


async def _given_samples(problem: Problem, given: Given, judge: Judge | None) -> Reasoned:
    rows = given.rows(problem)
    if not rows:
        raise MissingInTable("the samples table has no row under this problem's id or origin")
    replies = {slot: given_reply(row) for slot, row in enumerate(rows)}
    return Reasoned(await grade_replies(problem, replies, key="", judge=judge), {})
