"""What only the endpoints can tell: one problem is walked for real."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from msgspec.structs import replace

from ovlt_data.answers import canonical_answer
from ovlt_data.check.finding import Finding
from ovlt_data.check.judge import check_judge
from ovlt_data.check.probe import check_probes
from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import Ask, encode_messages, wire_body
from ovlt_data.engine.status import shorten
from ovlt_data.errors import RowError
from ovlt_data.generate.caption import caption_problem
from ovlt_data.generate.edit import EditPlan, edit_sample
from ovlt_data.generate.given import given_caption
from ovlt_data.generate.planned import CaptionPlan, Plan, ReasonPlan
from ovlt_data.generate.reason import reason_problem
from ovlt_data.generate.refine import refine_caption
from ovlt_data.generate.render import render_prompt
from ovlt_data.prompts import load_prompt
from ovlt_data.publish.compose import compose_completion
from ovlt_data.recipe import Recipe, SampleCount
from ovlt_data.types import Caption, Image, Problem, Sample


async def check_endpoints(
    recipe: Recipe,
    plan: Plan,
    problems: Sequence[Problem],
    *,
    engine: Engine,
    endpoints: Mapping[str, Endpoint],
) -> AsyncIterator[Finding]:
    """Walk one problem for real; raises StopError for an endpoint that refuses everybody."""
    problem = next((problem for problem in problems if problem.images), problems[0])
    caption: Caption | None = None
    try:
        if plan.caption is not None and plan.caption.prompt is not None:
            model = plan.caption.model
            yield await check_vision(endpoints[model], problem.images)
            caption = await caption_problem(problem, engine=engine, model=model, prompt=plan.caption.prompt)
            yield Finding("ok", f"models.{model}", f"captions: {shorten(caption.text, limit=100)}")
            if plan.caption.refine is not None and caption.text:
                caption = await _refine(problem, caption, plan.caption, engine)
                for turn in caption.turns[1:]:
                    yield Finding("ok", "caption.refine", f"{turn.role}: {shorten(turn.text, limit=100)}")
        elif plan.caption is not None and plan.caption.given is not None:
            caption = given_caption(problem, plan.caption.given)
        elif plan.reason is not None and plan.reason.prompt is not None:
            yield await check_vision(endpoints[plan.reason.model], problem.images)
        if plan.reason is not None and plan.reason.prompt is not None:
            sample = await _sample_once(plan.reason, problem, caption, engine)
            yield judge_reasoning(plan.reason.model, sample, expected=recipe.expects_reasoning(plan.reason.model))
            yield show_row(recipe, problem, sample)
            if plan.edit is not None:
                yield await _try_editor(problem, sample, plan.edit, engine)
        async for finding in _check_beside(problem, plan, engine, endpoints):
            yield finding
    except RowError as error:
        yield Finding("wrong", "models", f"a first problem ({problem.source} {problem.origin}) failed: {error}")


async def _check_beside(
    problem: Problem, plan: Plan, engine: Engine, endpoints: Mapping[str, Endpoint]
) -> AsyncIterator[Finding]:
    """What is asked beside the samples: probes, whose models see where they are to, and the judge."""
    for model in dict.fromkeys(probe.model for probe in plan.probes if probe.name != "blind"):
        yield await check_vision(endpoints[model], problem.images)
    async for finding in check_probes(problem, plan.probes, engine=engine):
        yield finding
    if plan.judge is not None:
        yield await check_judge(problem, plan.judge, engine)


async def _refine(problem: Problem, caption: Caption, plan: CaptionPlan, engine: Engine) -> Caption:
    """Raises RowError where a run would keep the caption as it was."""
    assert plan.refine is not None, "only called for captions that are refined"
    refined = await refine_caption(problem, caption, engine=engine, captioner=plan.model, plan=plan.refine)
    if refined.failure is not None:
        raise refined.failure
    return refined.caption


async def _try_editor(problem: Problem, sample: Sample, plan: EditPlan, engine: Engine) -> Finding:
    """What the editor makes of a trace, whether it leaks or not."""
    edited = await edit_sample(problem, sample, engine=engine, plan=plan)
    edit, where = edited.sample.edit, f"models.{plan.model}"
    if edit is None or edit.fault in {"failed", "format"}:
        why = f": {edited.failure}" if edited.failure else ", in another form than asked for"
        return Finding("wrong", where, f"did not rewrite a trace{why}")
    return Finding("ok", where, f"rewrites: {edit.changed:.0%} of the words of a trace changed")


def show_row(recipe: Recipe, problem: Problem, sample: Sample) -> Finding:
    """One row as the student will read it."""
    prompt = load_prompt(recipe.build.prompt, beside=recipe.folder)
    user = prompt.render(question=problem.question, choices=problem.choices)
    gold = canonical_answer(problem.answer, answer_type=problem.answer_type, choices=problem.choices)
    assistant = compose_completion(sample.reasoning, sample.content, answer=gold)
    verdict = f"its own answer was {sample.verdict.extracted!r}, {sample.verdict.status}"
    pictures = "<image>" * len(problem.images)
    return Finding("ok", "build", f"one row ({verdict}):\n--- user\n{pictures}{user}\n--- assistant\n{assistant}\n---")


async def check_vision(endpoint: Endpoint, images: Sequence[Image]) -> Finding:
    """A model that sees has more prompt tokens with the picture than without."""
    where = f"models.{endpoint.name}"
    if not images:
        return Finding("ok", where, "no problem has a picture to look at")
    seen = await _count_prompt(endpoint, tuple(images[:1]))
    blind = await _count_prompt(endpoint, ())
    if isinstance(seen, RowError):
        return Finding("wrong", where, f"refuses a picture: {seen}. Is it a vision model, served with images allowed?")
    if seen == 0:
        return Finding("warning", where, "reports no prompt tokens, so that nobody can tell whether it sees")
    if isinstance(blind, RowError) or seen <= blind:
        return Finding("wrong", where, f"does not see: {seen} prompt tokens with a picture, {blind} without")
    return Finding("ok", where, f"sees: a picture adds {seen - blind} prompt tokens")


async def _count_prompt(endpoint: Endpoint, images: tuple[Image, ...]) -> int | RowError:
    ask = Ask(model=endpoint.name, text="Describe the picture.", images=images)
    short = endpoint.model.model_copy(update={"sampling": endpoint.model.sampling.model_copy(update={"max_tokens": 1})})
    try:
        messages = await asyncio.to_thread(encode_messages, ask, endpoint.model)
        replies = await endpoint.post(wire_body(messages, short, (0,)))
    except RowError as error:
        return error
    return sum(reply.prompt_tokens for reply in replies)


async def _sample_once(reason: ReasonPlan, problem: Problem, caption: Caption | None, engine: Engine) -> Sample:
    assert reason.prompt is not None, "only called for a model"
    text = render_prompt(reason.prompt, problem, caption=caption.text if caption else None)
    sees = caption is None
    once = [replace(reason.rungs[0], samples=SampleCount(min=1, max=1), slots=range(1))]
    reasoned = await reason_problem(problem, text, engine=engine, rungs=once, sees_images=sees, min_samples=1)
    return reasoned.samples[0]


def judge_reasoning(model: str, sample: Sample, *, expected: bool) -> Finding:
    """Whether a sample holds the reasoning that its model is there for."""
    where = f"models.{model}"
    if sample.reasoning_origin != "none":
        return Finding("ok", where, f"reasons ({sample.reasoning_origin}, {len(sample.reasoning.split())} words)")
    if not expected:
        return Finding("ok", where, "answers without reasoning, as the recipe expects")
    says = (
        "gives no reasoning: neither message.reasoning nor <think> in the content. With vLLM, serve it with "
        "--reasoning-parser; if it is no reasoning model, say reasoning: false"
    )
    return Finding("wrong", where, says)
