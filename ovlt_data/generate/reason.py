"""The middle of the walk: k samples of one problem, each with its reasoning apart and its verdict."""

from collections.abc import Mapping

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.generate.verify import judge
from ovlt_data.text.think import split_reasoning
from ovlt_data.types import Problem, Reply, Sample


async def reason_problem(
    problem: Problem, text: str, *, engine: Engine, model: str, k: int, sees_images: bool, min_samples: int
) -> list[Sample]:
    """The samples that arrived, in the order of their slots; raises RowError when they are too few."""
    ask = Ask(model=model, text=text, images=problem.images if sees_images else ())
    replies = await engine.sample(ask, k)
    if replies.failure is not None and len(replies.by_slot) < min_samples:
        raise replies.failure
    return await judge_replies(problem, replies.by_slot, key=replies.key)


async def judge_replies(problem: Problem, by_slot: Mapping[int, Reply], *, key: str) -> list[Sample]:
    return [await _make_sample(problem, slot, by_slot[slot], key=key) for slot in sorted(by_slot)]


async def _make_sample(problem: Problem, slot: int, reply: Reply, *, key: str) -> Sample:
    thought = split_reasoning(reply.content, reply.reasoning)
    finish_reason = reply.finish_reason or ""
    return Sample(
        problem_id=problem.id,
        slot=slot,
        reasoning=thought.reasoning,
        content=thought.content,
        reasoning_origin=thought.origin,
        finish_reason=finish_reason,
        completion_tokens=reply.completion_tokens,
        response_key=key,
        verdict=await judge(problem, thought.content, finish_reason=finish_reason),
    )
