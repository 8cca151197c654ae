"""One run of a recipe: generate, curate, build, report. The order of the stages stands here, and only here."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import msgspec
import polars as pl
from msgspec import Struct

from ovlt_data.answers import GRADER_VERSION
from ovlt_data.connect import expected_rows, open_endpoints, open_store, read_problems
from ovlt_data.curate import curate, describe_funnel, rejected_problems
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import identify
from ovlt_data.engine.segments import LABEL
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Transport
from ovlt_data.errors import NothingBuilt, OvltError
from ovlt_data.generate.run import generate, plan_walk
from ovlt_data.generate.sent import add_caption_prompts, add_reason_prompts
from ovlt_data.generate.walk import Plan
from ovlt_data.prompts import Prompt, load_prompt
from ovlt_data.publish.build import Version, build_version
from ovlt_data.publish.provenance import Provenance
from ovlt_data.recipe import Recipe, resolved_yaml
from ovlt_data.report import write_report
from ovlt_data.run_folder import open_run, write_run
from ovlt_data.shard import Shard
from ovlt_data.sources import SOURCES
from ovlt_data.tables import Curated, read_table
from ovlt_data.types import FunnelStep, Problem, Say, Unusable

State = Literal["done", "empty", "generated", "interrupted", "stopped"]
"""How a run ended: `empty` went all the way and built nothing, `generated` is a shard that did its part; the last two
can be taken up again."""


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
    wait: float = 0.0
    """Seconds for a server that is still loading, before anything has answered."""
    shard: Shard | None = None
    """The part of the problems to walk; None for all."""


class Outcome(Struct, frozen=True, kw_only=True):
    """One run in numbers, as run.json and --json have them: problems = kept + rejected + failures, each once.

    Of a run that ended early, `problems` are the rows read, and some of them are still undecided.
    """

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


OnEnd = Callable[[Outcome], None]
Rows = Iterator[Problem | Unusable]


class Run(Struct, frozen=True, kw_only=True):
    """What every stage of one run works with."""

    recipe: Recipe
    options: Options
    folder: Path
    plan: Plan
    student: Prompt
    tally: Tally
    say: Say
    on_end: OnEnd
    started: float


async def run_recipe(
    recipe: Recipe,
    options: Options,
    *,
    tally: Tally,
    say: Say,
    stopping: asyncio.Event,
    on_end: OnEnd = lambda _: None,
    transports: Mapping[str, Transport] | None = None,
) -> Outcome:
    """The whole way. Raises UsageError before anything is sent, StopError (resumable), NothingBuilt.

    `on_end` is told how the run ended, whatever is raised then. `transports` replace ours by model name: an
    `OpenAITransport` around a client of yours, for example.
    """
    started = time.monotonic()
    shard = str(options.shard) if options.shard else None
    plan, student = plan_walk(recipe), _load_student(recipe)
    with open_run(options.out, options.name, recipe_file=recipe.path, shard=shard) as folder:
        run = Run(
            recipe=recipe,
            options=options,
            folder=folder,
            plan=plan,
            student=student,
            tally=tally,
            say=say,
            on_end=on_end,
            started=started,
        )
        rows = await asyncio.to_thread(_read_rows, run)
        (folder / "recipe.yaml").write_text(resolved_yaml(recipe), encoding="utf-8")
        _doubt_retry(run)
        provenance = await _generate_or_account(run, rows, stopping, transports)
        if provenance is None:
            return await asyncio.to_thread(_end, run, "interrupted")
        _report_reasonless(run)
        if shard is not None:
            return await asyncio.to_thread(_end, run, "generated")
        return await asyncio.to_thread(_curate_and_build, run, provenance)


async def _generate_or_account(
    run: Run, rows: Rows, stopping: asyncio.Event, transports: Mapping[str, Transport] | None
) -> Provenance | None:
    """A run that breaks off leaves its account; one that did not come to its first row leaves the last call's."""
    try:
        return await _generate(run, rows, stopping, transports)
    except (OvltError, OSError):
        if run.tally.read:
            await asyncio.to_thread(_end, run, "stopped")
        raise
    except asyncio.CancelledError:
        if run.tally.read:
            _account(run, "interrupted")
        raise


async def _generate(
    run: Run, rows: Rows, stopping: asyncio.Event, transports: Mapping[str, Transport] | None
) -> Provenance | None:
    """Fill the run's tables; None when it was interrupted."""
    recipe, tally, say, options = run.recipe, run.tally, run.say, run.options
    tally.total = expected_rows(recipe, limit=options.limit) if options.shard is None else None
    async with AsyncExitStack() as stack:
        endpoints = open_endpoints(
            recipe,
            tally=tally,
            stack=stack,
            say=say,
            stopping=stopping,
            transports=transports,
            wait=options.wait,
        )
        label = f"shard-{options.shard}" if options.shard else LABEL
        store = await open_store(recipe, beside=options.out.parent, stack=stack, say=say, label=label)
        finished = await generate(
            rows,
            run.plan,
            recipe=recipe,
            folder=run.folder,
            store=store,
            endpoints=endpoints,
            tally=tally,
            retry=options.retry,
            stopping=stopping,
        )
    return _trace(run, endpoints) if finished else None


def _read_rows(run: Run) -> Rows:
    """The sources' rows; shards keep their pictures in one folder, where the whole run looks for them."""
    images, shard = run.options.out / run.options.name / "images", run.options.shard
    rows = read_problems(run.recipe, images_folder=images, limit=run.options.limit)
    return rows if shard is None else shard.pick(rows)


def _curate_and_build(run: Run, provenance: Provenance) -> Outcome:
    curated = _curate(run)
    try:
        version = _build(run, curated, provenance)
    except NothingBuilt:
        _end(run, "empty", curated)
        raise
    run.say(f"{version.rows} rows in version {version.id}" + ("" if version.new else ", which was there already"))
    return _end(run, "done", curated, version)


def _load_student(recipe: Recipe) -> Prompt:
    """The student is asked the question as it stands; the caption was the teacher's."""
    return load_prompt(recipe.build.prompt, beside=recipe.folder, variables={"question", "choices"})


def _curate(run: Run) -> Curated:
    recipe, folder = run.recipe, run.folder
    failed = read_table(folder, "failures")["problem_id"].unique()
    problems = read_table(folder, "problems").filter(~pl.col("id").is_in(failed.implode()))
    curated = curate(problems, read_table(folder, "samples"), recipe.curate, kind=recipe.build.kind)
    for line in describe_funnel(curated.funnel, curated.rows):
        run.say(line)
    return curated


def _build(run: Run, curated: Curated, provenance: Provenance) -> Version:
    problems, captions, samples = (read_table(run.folder, table) for table in ("problems", "captions", "samples"))
    return build_version(
        run.folder,
        recipe=run.recipe,
        problems=problems,
        captions=add_caption_prompts(captions, problems, run.plan),
        samples=add_reason_prompts(samples, problems, captions, run.plan),
        curated=curated,
        provenance=provenance,
    )


def _trace(run: Run, endpoints: Mapping[str, Endpoint]) -> Provenance:
    """Which models and prompts had a part, by role."""
    roles = {"caption": run.plan.caption, "reason": run.plan.reason}
    asked = {role: (step.model, step.prompt) for role, step in roles.items() if step and step.prompt}
    return Provenance(
        models={role: str(identify(endpoints[model].model)) for role, (model, _) in asked.items()},
        prompts={role: prompt for role, (_, prompt) in asked.items()} | {"train": run.student},
        grader_version=GRADER_VERSION,
        licences={spec.source: SOURCES[spec.reader].licence for spec in run.recipe.problems.sources},
    )


def _doubt_retry(run: Run) -> None:
    """A kind that no failure has is most often a slip of the pen."""
    there = set(read_table(run.folder, "failures")["kind"])
    for kind in sorted(run.options.retry - there):
        run.say(f"--retry {kind}: no failure of this kind in {run.folder}; there: {', '.join(sorted(there)) or 'none'}")


def _report_reasonless(run: Run) -> None:
    """A teacher whose reasoning is lost on the way is the dearest silent fault there is."""
    recipe, tally = run.recipe, run.tally
    if recipe.reason is None or not tally.reasonless or not recipe.expects_reasoning(recipe.reason.model):
        return
    run.say(
        f"WARNING: models.{recipe.reason.model}: {tally.reasonless} of {tally.samples} samples hold no reasoning, "
        "neither in message.reasoning nor as <think> in the content. With vLLM, serve it with --reasoning-parser; "
        "`ovlt check` shows a reply."
    )


def _end(run: Run, state: State, curated: Curated | None = None, version: Version | None = None) -> Outcome:
    """Account for the run, and show it."""
    outcome = _account(run, state, curated, version)
    write_report(run.folder)
    return outcome


def _account(run: Run, state: State, curated: Curated | None = None, version: Version | None = None) -> Outcome:
    """Count the run as it stands, and write run.json."""
    rejected, tally = Counter(run.tally.rejected), run.tally
    if curated is not None:
        rejected.update(rejected_problems(curated)["rejected_for"])
    outcome = Outcome(
        run=str(run.folder),
        recipe_file=str(run.recipe.path),
        state=state,
        dataset=str(run.folder / "dataset") if version else None,
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
        seconds=round(time.monotonic() - run.started, 3),
    )
    write_run(run.folder, msgspec.to_builtins(outcome))
    run.on_end(outcome)
    return outcome
