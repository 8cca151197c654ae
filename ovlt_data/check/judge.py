"""Whether a judge can be used: it is asked about the gold itself, and about an answer that is none."""

from ovlt_data.check.finding import Finding
from ovlt_data.engine.ask import Engine
from ovlt_data.engine.status import shorten
from ovlt_data.generate.judge import Judge, JudgePlan
from ovlt_data.types import Judgement, Problem, Sample, Verdict

NO_ANSWER = "I can't tell."


async def check_judge(problem: Problem, plan: JudgePlan, engine: Engine) -> Finding:
    """Raises RowError where it can't be asked."""
    where = f"models.{plan.model}"
    right = await _ask(problem, plan, engine, answer=problem.answer)
    wrong = await _ask(problem, plan, engine, answer=NO_ANSWER)
    for judgement in (right, wrong):
        if judgement.status == "unscorable":
            says = (
                f"does not judge in the form that was asked for, and is not heard: {shorten(judgement.said, limit=200)}"
            )
            return Finding("wrong", where, says)
    if (right.status, wrong.status) == ("correct", "wrong"):
        return Finding("ok", where, f"judges: the gold is correct, {NO_ANSWER!r} is wrong")
    says = f"judges badly: takes the gold {problem.answer!r} for {right.status}, {NO_ANSWER!r} for {wrong.status}"
    return Finding("warning", where, says)


async def _ask(problem: Problem, plan: JudgePlan, engine: Engine, *, answer: str) -> Judgement:
    judge = Judge(problem, plan, engine)
    (sample,) = await judge.judge([_say(problem, answer)])
    for failure in judge.failures:
        raise failure
    assert sample.judgement is not None, "what the rules leave open is judged"
    return sample.judgement


def _say(problem: Problem, answer: str) -> Sample:
    """A sample with this answer, as if the rules could not decide it."""
    return Sample(
        problem_id=problem.id,
        slot=0,
        reasoning="",
        content=f"The answer is {answer}",
        reasoning_origin="none",
        finish_reason="stop",
        completion_tokens=0,
        response_key="",
        verdict=Verdict(status="unscorable", extracted=answer),
    )
