"""Probes: the problem asked in other ways, to learn what its right answers are worth.

What a probe asks holds no caption, and `blind` no picture. Replies come from the same engine and are graded like any
other; under rotated choices the gold moves with them. A probe that fails leaves its row as it is.
"""

import re
from collections.abc import Sequence
from string import ascii_uppercase

from msgspec import Struct
from msgspec.structs import replace

from ovlt_data.answers.choice import place_of_gold
from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.engine.together import run_together
from ovlt_data.errors import RowError
from ovlt_data.generate.reason import grade_replies
from ovlt_data.generate.render import render_prompt
from ovlt_data.prompts import Prompt
from ovlt_data.recipe import Probes, RotatedProbe
from ovlt_data.types import Caption, Probed, ProbeName, Problem, Sample

_BOUND = re.compile(r"(?i:\W*[a-z]\W*)|.*(?:\(?\b[A-H]\)? (?:and|or|nor) \(?[A-H]|(?i:\bthe above))\b.*")
"""A choice that names another's letter or its place, or could be taken for a letter: it has to stay where it is."""


class ProbePlan(Struct, frozen=True, kw_only=True):
    """Who is asked, and how."""

    name: ProbeName
    model: str
    prompt: Prompt
    samples: int = 1
    """Of each rotation."""
    rotations: int | None = None
    """Of `rotated`; None for all."""


class Answers(Struct, frozen=True):
    """What came of one ask."""

    probed: list[Probed]
    failure: RowError | None = None


def plan_probe(name: ProbeName, probes: Probes, prompt: Prompt) -> ProbePlan:
    said = probes.asked[name]
    if isinstance(said, RotatedProbe):
        return ProbePlan(name=name, model=said.model, prompt=prompt, rotations=said.rotations)
    return ProbePlan(name=name, model=said.model, prompt=prompt, samples=said.samples)


async def probe_problem(problem: Problem, plans: Sequence[ProbePlan], *, engine: Engine) -> list[Answers]:
    """All that is asked of a problem, side by side. Raises StopError and Interrupted only."""
    asks = [(plan, turn) for plan in plans for turn in find_turns(problem, plan)]
    return await run_together(_ask(problem, plan, turn, engine) for plan, turn in asks)


def probe_caption(caption: Caption | None, samples: Sequence[Sample], *, model: str) -> list[Probed]:
    """The first teacher's samples, which it drew from the caption alone: nothing is asked."""
    if caption is None or not caption.text:
        return []
    drawn = [sample for sample in samples if sample.model == model]
    return [Probed(probe="caption", sample=sample, response_key=sample.response_key) for sample in drawn]


def find_turns(problem: Problem, plan: ProbePlan) -> Sequence[int]:
    """The rotations under which a problem is asked; none where the probe says nothing about it."""
    if plan.name == "blind":
        return [0] if problem.images else []
    if plan.name != "rotated":
        return [0]
    n = len(problem.choices) if _can_turn(problem) else 0
    asked = min(plan.rotations or n, n)
    return [n * number // asked for number in range(asked)]


def rotate(problem: Problem, turn: int) -> Problem:
    """The same problem with its choices moved forward by `turn` places: the last gets what was `turn - 1`."""
    place = place_of_gold(problem.answer, problem.choices)
    if not turn or place is None:
        return problem
    choices = (*problem.choices[turn:], *problem.choices[:turn])
    return replace(problem, choices=choices, answer=ascii_uppercase[(place - turn) % len(choices)])


def _can_turn(problem: Problem) -> bool:
    if problem.answer_type != "choice" or place_of_gold(problem.answer, problem.choices) is None:
        return False
    return len(problem.choices) > 1 and not any(_BOUND.fullmatch(choice) for choice in problem.choices)


async def _ask(problem: Problem, plan: ProbePlan, turn: int, engine: Engine) -> Answers:
    try:
        text = render_prompt(plan.prompt, asked := rotate(problem, turn))
    except RowError as error:
        return _fail(plan, turn, error)
    images = () if plan.name == "blind" else problem.images
    replies = await engine.sample(Ask(model=plan.model, text=text, images=images), plan.samples)
    samples = await grade_replies(asked, replies.by_slot, key=replies.key)
    named = [replace(sample, model=plan.model) for sample in samples]
    if not named and replies.failure is not None:
        return _fail(plan, turn, replies.failure, key=replies.key)
    probed = [Probed(probe=plan.name, turn=turn, sample=sample, response_key=replies.key) for sample in named]
    return Answers(probed, replies.failure)


def _fail(plan: ProbePlan, turn: int, error: RowError, *, key: str = "") -> Answers:
    return Answers([Probed(probe=plan.name, turn=turn, sample=None, failure=error.kind, response_key=key)], error)
