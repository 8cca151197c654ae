"""The last step of the walk: is the sample's answer the problem's?"""

import asyncio

from ovlt_data import answers
from ovlt_data.answers import symbolic
from ovlt_data.text.loops import FINISHED_IN_LOOP
from ovlt_data.types import Problem, Verdict


async def verify(problem: Problem, content: str, *, finish_reason: str) -> Verdict:
    """A verdict for one sample; `content` is what follows its reasoning.

    What the rules can't decide goes to the symbolic worker, and is waited for in a thread.
    """
    if finish_reason == "length":
        return Verdict(status="wrong", method="finish", reason="truncated")
    if finish_reason in FINISHED_IN_LOOP:
        return Verdict(status="wrong", method="finish", reason="loop")
    verdict = answers.grade_quickly(content, problem.answer, **_gold(problem))
    if verdict is not None:
        return verdict
    return await asyncio.to_thread(_grade, problem, content)


def _grade(problem: Problem, content: str) -> Verdict:
    """The worker is loaded first, so that its start eats into no answer's deadline: a verdict must come out the same
    on a busy machine."""
    symbolic.start()
    return answers.grade(content, problem.answer, **_gold(problem))


def _gold(problem: Problem) -> answers.GoldOptions:
    return {
        "answer_type": problem.answer_type,
        "choices": problem.choices,
        "unit": problem.unit,
        "precision": problem.precision,
        "answers": problem.answers,
    }
