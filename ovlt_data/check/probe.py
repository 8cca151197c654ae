"""What a probe's model says to one problem, asked once."""

from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from ovlt_data.check.finding import Finding
from ovlt_data.engine.ask import Engine
from ovlt_data.generate.probe import ProbePlan, probe_problem
from ovlt_data.types import Problem


async def check_probes(problem: Problem, plans: Sequence[ProbePlan], *, engine: Engine) -> AsyncIterator[Finding]:
    """One finding for each probe."""
    for plan in plans:
        where = f"probes.{plan.name}"
        answers = await probe_problem(problem, [replace(plan, samples=1)], engine=engine)
        failures = [answer.failure for answer in answers if answer.failure is not None]
        samples = [probed.sample for answer in answers for probed in answer.probed if probed.sample is not None]
        if failures:
            yield Finding("wrong", where, f"{plan.model} gives no reply: {failures[0]}")
        elif not samples:
            yield Finding("ok", where, "does not ask the problem that was looked at")
        else:
            said = "; ".join(f"{sample.verdict.extracted!r}, {sample.verdict.status}" for sample in samples)
            yield Finding("ok", where, f"{plan.model} answers {said}")
