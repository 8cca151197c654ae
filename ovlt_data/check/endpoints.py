"""What only the endpoints can tell: one problem is walked for real."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from ovlt_data.check.finding import Finding
from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import Ask, encode_message, wire_body
from ovlt_data.errors import RowError
from ovlt_data.generate.caption import caption_problem
from ovlt_data.generate.reason import reason_problem
from ovlt_data.generate.walk import Plan, render_reason
from ovlt_data.types import Caption, Image, Problem, Sample


async def check_endpoints(
    plan: Plan,
    problems: Sequence[Problem],
    *,
    engine: Engine,
    endpoints: Mapping[str, Endpoint],
    expects_reasoning: Mapping[str, bool],
) -> AsyncIterator[Finding]:
    """Ask each model of the walk; raises StopError for an endpoint that refuses everybody."""
    problem = next((problem for problem in problems if problem.images), problems[0])
    caption: Caption | None = None
    if plan.caption is not None and plan.caption.prompt is not None:
        yield await check_vision(endpoints[plan.caption.model], problem.images)
        try:
            caption = await caption_problem(problem, engine=engine, model=plan.caption.model, prompt=plan.caption.prompt)
            yield Finding("ok", f"models.{plan.caption.model}", f"captions: {_start(caption.text)}")
        except RowError as error:
            yield Finding("wrong", f"models.{plan.caption.model}", f"no caption for a first problem: {error}")
            return
    if plan.reason is None or plan.reason.prompt is None:
        return
    if plan.caption is None and problem.images:
        yield await check_vision(endpoints[plan.reason.model], problem.images)
    yield await _check_reasoner(plan, problem, caption, engine, expects_reasoning[plan.reason.model])


async def check_vision(endpoint: Endpoint, images: Sequence[Image]) -> Finding:
    """A model that sees has more prompt tokens with the picture than without."""
    where = f"models.{endpoint.name}"
    if not images:
        return Finding("ok", where, "no problem has a picture to look at")
    seen = await _count_prompt(endpoint, tuple(images[:1]))
    blind = await _count_prompt(endpoint, ())
    if isinstance(seen, RowError):
        return Finding("wrong", where, f"refuses a picture: {seen}. Is it a vision model, served with images allowed?")
    if isinstance(blind, RowError) or seen <= blind:
        return Finding("wrong", where, f"does not see: {seen} prompt tokens with a picture, {blind} without")
    return Finding("ok", where, f"sees: a picture adds {seen - blind} prompt tokens")


async def _count_prompt(endpoint: Endpoint, images: tuple[Image, ...]) -> int | RowError:
    ask = Ask(model=endpoint.name, text="Describe the picture.", images=images)
    short = endpoint.model.model_copy(
        update={"sampling": endpoint.model.sampling.model_copy(update={"max_tokens": 1})}
    )
    try:
        messages = await asyncio.to_thread(encode_message, ask, endpoint.model)
        replies = await endpoint.post(wire_body(messages, short, (0,)))
    except RowError as error:
        return error
    return sum(reply.prompt_tokens for reply in replies)


async def _check_reasoner(
    plan: Plan, problem: Problem, caption: Caption | None, engine: Engine, expects_reasoning: bool
) -> Finding:
    reason = plan.reason
    assert reason is not None and reason.prompt is not None, "only called for a model"
    where = f"models.{reason.model}"
    text = render_reason(problem, reason.prompt, caption)
    sees = plan.caption is None
    try:
        samples = await reason_problem(
            problem, text, engine=engine, model=reason.model, k=1, sees_images=sees, min_samples=1
        )
    except RowError as error:
        return Finding("wrong", where, f"no sample for a first problem: {error}")
    return judge_reasoning(where, samples[0], expected=expects_reasoning)


def judge_reasoning(where: str, sample: Sample, *, expected: bool) -> Finding:
    """Whether a sample holds the reasoning that its model is there for."""
    if sample.reasoning_origin != "none":
        return Finding("ok", where, f"reasons ({sample.reasoning_origin}, {len(sample.reasoning.split())} words)")
    if not expected:
        return Finding("ok", where, "answers without reasoning, as the recipe expects")
    says = (
        "gives no reasoning: neither message.reasoning nor <think> in the content. With vLLM, serve it with "
        "--reasoning-parser; if it is no reasoning model, say reasoning: false"
    )
    return Finding("wrong", where, says)


def _start(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
