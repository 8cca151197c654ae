"""One run of a recipe: generate, curate, build, report. The order of the stages stands here, and only here."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import msgspec
import polars as pl
from msgspec import Struct

from ovlt_data.answers import GRADER_VERSION
from ovlt_data.connect import Say, expected_rows, open_endpoints, open_store, read_problems
from ovlt_data.curate import curate, describe_funnel, rejected_problems
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import identify
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Transport
from ovlt_data.errors import StopError
from ovlt_data.generate.run import generate, plan_walk
from ovlt_data.generate.sent import add_caption_prompts, add_reason_prompts
from ovlt_data.generate.walk import Plan
from ovlt_data.prompts import Prompt, load_prompt
from ovlt_data.publish.build import Version, build_version
from ovlt_data.publish.provenance import Provenance
from ovlt_data.recipe import Recipe, resolved_yaml
from ovlt_data.report import write_report
from ovlt_data.run_folder import open_run, write_run
from ovlt_data.sources import SOURCES
from ovlt_data.tables import Curated, read_table
from ovlt_data.types import FunnelStep

State = Literal["done", "empty", "interrupted", "stopped"]
"""How a run ended: `empty` went all the way and built nothing; the last two can be taken up again."""


class Options(Struct, frozen=True, kw_only=True):
    """What the command line adds to a recipe; nothing here changes what a row says."""

    out: Path
    """The folder of runs; the store stands beside it."""
    name: str
    """Of the run's folder."""
    limit: int | None = None
    """Problems per source."""
    retry: frozenset[str] = frozenset()
    """Kinds of lasting failures to try again."""


class Outcome(Struct, frozen=True, kw_only=True):
    """One run in numbers, as run.json and --json have them: problems = kept + rejected + failures, each once."""

    run: str
    """The run's folder."""
    recipe_file: str
    state: State
    dataset: str | None = None
    """Folder of the version; None where the run did not get that far."""
    version: str | None = None
    requests: int
    """Sent in this call."""
    problems: int
    kept: int = 0
    """Problems of which at least one row was kept."""
    rejected: Mapping[str, int]
    """Problems by reason."""
    failures: Mapping[str, int]
    """Problems by kind."""
    samples: int
    verdicts: Mapping[str, int]
    """Samples: `correct`, or the reason why not."""
    reasonless: int
    """Samples without reasoning."""
    rows: int = 0
    funnel: Sequence[FunnelStep] = ()
    retries: Mapping[str, int]
    from_store: int
    """Replies that were there already."""
    prompt_tokens: int
    completion_tokens: int
    seconds: float


async def run_recipe(
    recipe: Recipe,
    options: Options,
    *,
    tally: Tally,
    say: Say,
    stopping: asyncio.Event,
    transports: Mapping[str, Transport] | None = None,
) -> Outcome:
    """The whole way. Raises UsageError before anything is sent, StopError (resumable), NothingBuilt.

    `transports` replace ours by model name: an `OpenAITransport` around a client of yours, for example.
    """
    started = time.monotonic()
    folder = options.out / options.name
    with open_run(folder, recipe_file=recipe.path):
        plan, student = plan_walk(recipe), _load_student(recipe)
        (folder / "recipe.yaml").write_text(resolved_yaml(recipe), encoding="utf-8")

        def account(state: State, curated: Curated | None = None, version: Version | None = None) -> Outcome:
            outcome = _count(folder, recipe, tally, curated, version, state=state, seconds=time.monotonic() - started)
            write_run(folder, msgspec.to_builtins(outcome))
            return outcome

        try:
            async with AsyncExitStack() as stack:
                endpoints = open_endpoints(
                    recipe, tally=tally, stack=stack, say=say, stopping=stopping, transports=transports
                )
                store = await open_store(recipe, beside=options.out.parent, stack=stack, say=say)
                rows = read_problems(recipe, images_folder=folder / "images", limit=options.limit)
                tally.total = expected_rows(recipe, limit=options.limit)
                finished = await generate(
                    rows, plan, recipe=recipe, folder=folder, store=store, endpoints=endpoints, tally=tally,
                    retry=options.retry, stopping=stopping,
                )  # fmt: skip
        except StopError:
            account("stopped")
            raise
        if not finished:
            return account("interrupted")
        _report_reasonless(recipe, tally, say)
        curated = await asyncio.to_thread(_curate, folder, recipe, say)
        if curated.rows.is_empty():
            account("empty", curated)
        provenance = _trace(recipe, plan, student, endpoints)
        version = await asyncio.to_thread(_build, folder, recipe, plan, provenance, curated)
        say(f"{version.rows} rows in version {version.id}" + ("" if version.new else ", which was there already"))
        outcome = account("done", curated, version)
        await asyncio.to_thread(write_report, folder)
        return outcome


def _load_student(recipe: Recipe) -> Prompt:
    """The student is asked the question as it stands; the caption was the teacher's."""
    return load_prompt(recipe.build.prompt, beside=recipe.folder, variables={"question", "choices"})


def _curate(folder: Path, recipe: Recipe, say: Say) -> Curated:
    failed = read_table(folder, "failures")["problem_id"].unique()
    problems = read_table(folder, "problems").filter(~pl.col("id").is_in(failed.implode()))
    curated = curate(problems, read_table(folder, "samples"), recipe.curate, kind=recipe.build.kind)
    for line in describe_funnel(curated.funnel, curated.rows):
        say(line)
    return curated


def _build(folder: Path, recipe: Recipe, plan: Plan, provenance: Provenance, curated: Curated) -> Version:
    problems, captions = read_table(folder, "problems"), read_table(folder, "captions")
    samples = read_table(folder, "samples")
    return build_version(
        folder,
        recipe=recipe,
        problems=problems,
        captions=add_caption_prompts(captions, problems, plan),
        samples=add_reason_prompts(samples, problems, captions, plan),
        curated=curated,
        provenance=provenance,
    )


def _trace(recipe: Recipe, plan: Plan, student: Prompt, endpoints: Mapping[str, Endpoint]) -> Provenance:
    """Which models and prompts had a part, by role."""
    roles = {"caption": plan.caption, "reason": plan.reason}
    asked = {role: (step.model, step.prompt) for role, step in roles.items() if step and step.prompt}
    return Provenance(
        models={role: str(identify(endpoints[model].model)) for role, (model, _) in asked.items()},
        prompts={role: prompt for role, (_, prompt) in asked.items()} | {"train": student},
        grader_version=GRADER_VERSION,
        licences={spec.source: SOURCES[spec.reader].licence for spec in recipe.problems.sources},
    )


def _report_reasonless(recipe: Recipe, tally: Tally, say: Say) -> None:
    """A teacher whose reasoning is lost on the way is the dearest silent fault there is."""
    if recipe.reason is None or not tally.reasonless or not recipe.expects_reasoning(recipe.reason.model):
        return
    say(
        f"WARNING: models.{recipe.reason.model}: {tally.reasonless} of {tally.samples} samples hold no reasoning, "
        "neither in message.reasoning nor as <think> in the content. With vLLM, serve it with --reasoning-parser; "
        "`ovlt check` shows a reply."
    )


def _count(
    folder: Path,
    recipe: Recipe,
    tally: Tally,
    curated: Curated | None,
    version: Version | None,
    *,
    state: State,
    seconds: float,
) -> Outcome:
    rejected = Counter(tally.rejected)
    if curated is not None:
        rejected.update(rejected_problems(curated)["rejected_for"])
    return Outcome(
        run=str(folder),
        recipe_file=str(recipe.path),
        state=state,
        dataset=str(folder / "dataset") if version else None,
        version=version.id if version else None,
        requests=tally.requests,
        problems=tally.read,
        kept=curated.rows["problem_id"].n_unique() if curated else 0,
        rejected=rejected,
        failures=tally.failed,
        samples=tally.samples,
        verdicts=tally.verdicts,
        reasonless=tally.reasonless,
        rows=version.rows if version else 0,
        funnel=curated.funnel if curated else (),
        retries=tally.retries,
        from_store=tally.from_store,
        prompt_tokens=tally.prompt_tokens,
        completion_tokens=tally.completion_tokens,
        seconds=round(seconds, 3),
    )
