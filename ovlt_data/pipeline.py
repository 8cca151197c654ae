"""One run of a recipe: generate, curate, build, report. The order of the stages stands here, and only here."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import polars as pl
from msgspec import Struct

from ovlt_data.account import Account, OnEnd, read_spent
from ovlt_data.connect import expected_rows, open_endpoints, open_store, read_problems, serve_metrics
from ovlt_data.curate import curate, cut_rows, describe_difficulty, describe_funnel
from ovlt_data.engine.budget import BudgetWatch, Purse
from ovlt_data.engine.events import Event, Note, write_events
from ovlt_data.engine.pulse import feel_pulse
from ovlt_data.engine.segments import LABEL
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Transport
from ovlt_data.errors import NothingBuilt, OvltError
from ovlt_data.generate.lasting import read_lasting
from ovlt_data.generate.planned import Plan
from ovlt_data.generate.quota import Quota
from ovlt_data.generate.run import generate, plan_walk
from ovlt_data.generate.sent import add_caption_prompts, add_judge_prompts, add_reason_prompts
from ovlt_data.mixing import mix_curated
from ovlt_data.outcome import Outcome, describe_generated, describe_quota
from ovlt_data.prompts import Prompt, load_prompt
from ovlt_data.publish.build import build_version
from ovlt_data.publish.place import Version
from ovlt_data.publish.provenance import Provenance
from ovlt_data.recipe import Recipe, resolved_yaml
from ovlt_data.roles import trace_roles
from ovlt_data.run_folder import open_run, read_run
from ovlt_data.shard import Shard
from ovlt_data.sources import refuse_untrainable
from ovlt_data.tables import Curated, folders_of, read_table
from ovlt_data.types import Problem, Say, Unusable


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
    build: bool = True
    """Whether to go on after the last sample; an evaluation does not."""
    metrics: int | None = None
    """Port for Prometheus, 0 for a free one; None for no server."""


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
    note: Note
    account: Account
    budget: BudgetWatch
    quota: Quota


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
    if options.build:
        refuse_untrainable(recipe.problems.sources)
    shard = str(options.shard) if options.shard else None
    plan, student = plan_walk(recipe), _load_student(recipe)
    with (
        open_run(options.out, options.name, recipe_file=recipe.path, shard=shard) as folder,
        write_events(folder) as note,
    ):
        run = Run(
            recipe=recipe,
            options=options,
            folder=folder,
            plan=plan,
            student=student,
            tally=tally,
            say=say,
            note=note,
            account=Account(
                folder,
                recipe_file=recipe.path,
                tally=tally,
                purse=_open_purse(recipe, tally, [folder]),
                note=note,
                on_end=on_end,
            ),
            budget=BudgetWatch(recipe.budget, _open_purse(recipe, tally, folders_of(folder)), stopping, note=note),
            quota=Quota(
                recipe.stop_when, lambda problems, samples, probes: _curate_some(recipe, problems, samples, probes).rows
            ),
        )
        rows = await asyncio.to_thread(_read_rows, run)
        (folder / "recipe.yaml").write_text(resolved_yaml(recipe), encoding="utf-8")
        _doubt_retry(run)
        provenance = await _generate_or_account(run, rows, stopping, transports)
        if provenance is None:
            return await asyncio.to_thread(_end_early, run)
        quota = describe_quota(recipe.stop_when, run.quota, tally)
        for line in [*describe_generated(recipe, tally), *quota]:
            say(line)
        if shard is not None or not options.build:
            return await asyncio.to_thread(run.account.close, "generated")
        return await asyncio.to_thread(_curate_and_build, run, provenance)


async def _generate_or_account(
    run: Run, rows: Rows, stopping: asyncio.Event, transports: Mapping[str, Transport] | None
) -> Provenance | None:
    """A run that breaks off leaves its account."""
    run.note(Event(event="resume" if read_run(run.folder) else "start", recipe=str(run.recipe.path)))
    try:
        async with run.account.keep():
            return await _generate(run, rows, stopping, transports)
    except (OvltError, OSError) as error:
        await asyncio.to_thread(run.account.stop, str(error))
        raise
    except asyncio.CancelledError:
        run.account.break_off()
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
            budget=run.budget,
            note=run.note,
        )
        label = f"shard-{options.shard}" if options.shard else LABEL
        store = await open_store(recipe, beside=options.out.parent, stack=stack, say=say, label=label)
        await stack.enter_async_context(feel_pulse(tally, endpoints, store, run.budget, run.note))
        if options.metrics is not None:
            await serve_metrics(tally, endpoints, store, run.budget, port=options.metrics, stack=stack, say=say)
        finished = await generate(
            rows,
            run.plan,
            recipe=recipe,
            folder=run.folder,
            store=store,
            endpoints=endpoints,
            tally=tally,
            quota=run.quota,
            retry=options.retry,
            stopping=stopping,
        )
    return trace_roles(recipe, run.plan, endpoints, student=run.student) if finished else None


def _open_purse(recipe: Recipe, tally: Tally, folders: Sequence[Path]) -> Purse:
    """What earlier calls in these folders spent, and what this one does. The budget counts a run's shards, too."""
    prices = {name: model.price for name, model in recipe.models.items() if model.price}
    return Purse(tally, prices=prices, earlier=read_spent(folders))


def _read_rows(run: Run) -> Rows:
    """The sources' rows; shards keep their pictures in one folder, where the whole run looks for them."""
    images, shard = run.options.out / run.options.name / "images", run.options.shard
    rows = read_problems(run.recipe, images_folder=images, limit=run.options.limit, is_full=run.quota.is_full)
    return rows if shard is None else shard.pick(rows)


def _end_early(run: Run) -> Outcome:
    if not run.budget.refused:
        return run.account.close("interrupted")
    run.say(run.budget.refused)
    return run.account.close("budget", why=run.budget.refused)


def _curate_and_build(run: Run, provenance: Provenance) -> Outcome:
    samples = read_table(run.folder, "samples")  # once: what is kept and dropped shares its texts
    curated = _curate(run, samples)
    try:
        version = _build(run, samples, curated, provenance)
    except NothingBuilt:
        run.account.close("empty", curated)
        raise
    run.say(f"{version.rows} rows in version {version.id}" + ("" if version.new else ", which was there already"))
    return run.account.close("done", curated, version)


def _load_student(recipe: Recipe) -> Prompt:
    """The student is asked the question as it stands; the caption was the teacher's."""
    return load_prompt(recipe.build.prompt, beside=recipe.folder, variables={"question", "choices"})


def _curate(run: Run, samples: pl.DataFrame) -> Curated:
    recipe, folder = run.recipe, run.folder
    failed = read_table(folder, "failures")["problem_id"].unique()
    problems = read_table(folder, "problems").filter(~pl.col("id").is_in(failed.implode()))
    curated = _curate_some(recipe, problems, samples, read_table(folder, "probes"))
    curated = cut_rows(curated, problems, recipe.stop_when)
    curated = mix_curated(curated, problems, recipe)
    for line in [
        *describe_funnel(curated.funnel, curated.rows),
        *describe_difficulty([*curated.difficulty, *curated.probes]),
    ]:
        run.say(line)
    return curated


def _curate_some(recipe: Recipe, problems: pl.DataFrame, samples: pl.DataFrame, probes: pl.DataFrame) -> Curated:
    return curate(
        problems,
        samples,
        recipe.steps,
        kind=recipe.build.kind,
        rated=_find_rated(recipe),
        probes={name: probes.filter(probe=name) for name in recipe.probes.names},
    )


def _find_rated(recipe: Recipe) -> pl.Expr:
    """The samples whose number did not follow from their outcome: the first teacher's, where it is fixed."""
    if recipe.reason is None:
        return pl.lit(True)
    return pl.lit(False) if recipe.reason.samples.until else pl.col("model") == recipe.reason.model


def _build(run: Run, samples: pl.DataFrame, curated: Curated, provenance: Provenance) -> Version:
    problems, captions = (read_table(run.folder, table) for table in ("problems", "captions"))
    asked = add_reason_prompts(samples, problems, captions, run.plan)
    return build_version(
        run.folder,
        recipe=run.recipe,
        problems=problems,
        captions=add_caption_prompts(captions, problems, run.plan),
        samples=add_judge_prompts(asked, problems, run.plan),
        curated=curated,
        provenance=provenance,
        probes=read_table(run.folder, "probes"),
    )


def _doubt_retry(run: Run) -> None:
    """A kind that no failure has is most often a slip of the pen."""
    lasting = read_lasting(folders_of(run.folder), retry=frozenset())
    there = {*read_table(run.folder, "failures")["kind"], *(failure.kind for failure in lasting.values())}
    for kind in sorted(run.options.retry - there):
        run.say(f"--retry {kind}: no failure of this kind in {run.folder}; there: {', '.join(sorted(there)) or 'none'}")
