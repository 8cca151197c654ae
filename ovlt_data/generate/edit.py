"""Traces that speak of their caption, written anew by a model: asked for here, taken or refused by curation.

Only correct samples are, since no other becomes a row. The trace stands in the request, and so in its key: the same
trace is edited once. Its answer has to be right by the rules, whoever found the trace's right. All that can be said of
an edit without the recipe's limit is said here.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.engine.together import run_together
from ovlt_data.errors import RowError
from ovlt_data.generate.caption import NoCaption, ask_words
from ovlt_data.generate.verify import verify
from ovlt_data.prompts import Prompt
from ovlt_data.text.edits import count_changes, has_tags_of, read_parts, write_parts
from ovlt_data.text.leakage import leaks
from ovlt_data.types import Edit, Problem, Sample


class EditPlan(Struct, frozen=True, kw_only=True):
    """Who edits, and how it is asked."""

    model: str
    prompt: Prompt


class Edited(Struct, frozen=True):
    sample: Sample
    """With its edit, where it needed one."""
    failure: RowError | None = None
    """Why there is no edit."""


async def edit_samples(
    problem: Problem, samples: Sequence[Sample], *, engine: Engine, plan: EditPlan, retry: frozenset[str]
) -> list[Edited]:
    """The samples in their order; those that leak are edited side by side."""

    async def edit(sample: Sample) -> Edited:
        if sample.verdict.status != "correct" or not leaks(sample.reasoning, sample.content):
            return Edited(sample)
        return await edit_sample(problem, sample, engine=engine, plan=plan, retry=retry)

    return await run_together(edit(sample) for sample in samples)


async def edit_sample(
    problem: Problem, sample: Sample, *, engine: Engine, plan: EditPlan, retry: frozenset[str] = frozenset()
) -> Edited:
    trace = write_parts(sample.reasoning, sample.content)
    ask = Ask(model=plan.model, text=plan.prompt.render(trace=trace))
    try:
        words = await ask_words(ask, engine=engine, retry=retry)
    except RowError as error:
        key = error.response_key if isinstance(error, NoCaption) else ""
        return Edited(replace(sample, edit=Edit(fault="failed", response_key=key)), error)
    return Edited(replace(sample, edit=await _read_edit(problem, sample, words.text, key=words.key)))


async def _read_edit(problem: Problem, sample: Sample, text: str, *, key: str) -> Edit:
    parts = read_parts(text)
    if parts is None:
        return Edit(fault="format", response_key=key)
    reasoning, content = parts
    before = [*sample.reasoning.split(), *sample.content.split()]
    edit = Edit(
        reasoning=reasoning,
        content=content,
        changed=count_changes(before, [*reasoning.split(), *content.split()]) / len(before),
        response_key=key,
    )
    if not (has_tags_of(reasoning, sample.reasoning) and has_tags_of(content, sample.content)):
        return replace(edit, fault="format")
    if leaks(reasoning, content):
        return replace(edit, fault="leaks")
    verdict = await verify(problem, content, finish_reason="stop")
    return replace(edit, extracted=verdict.extracted, fault="" if verdict.status == "correct" else "answer")
