"""`ovlt check`: everything that a run rests on, looked at before anything is spent.

Offline: prompts, problems, golds, models' identity. Then each endpoint is asked for a word: does the model exist,
does a vision model really see, does a reasoning model really give reasoning. One row is shown as the student will
read it. Replies go to the store, so that the run does not pay for them again.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from ovlt_data.check.data import check_golds, check_identity, check_sampling, check_sources
from ovlt_data.check.endpoints import check_endpoints
from ovlt_data.check.finding import Finding
from ovlt_data.connect import open_endpoints, open_store, read_problems
from ovlt_data.engine.ask import Engine
from ovlt_data.engine.tally import Tally
from ovlt_data.errors import UsageError
from ovlt_data.generate.run import plan_walk
from ovlt_data.prompts import load_prompt
from ovlt_data.recipe import Recipe
from ovlt_data.sources import on_hub
from ovlt_data.types import Problem, Say, Unusable

__all__ = ["Finding", "check_offline", "check_online", "read_first"]


def read_first(recipe: Recipe, *, images_folder: Path, limit: int, offline: bool = False) -> list[Problem | Unusable]:
    """The first rows of every source, at most `limit` of each; raises UsageError where a source can't be read.

    Offline, sources on the Hub are left out.
    """
    rows = list(read_problems(recipe, images_folder=images_folder, limit=limit, offline=offline))
    left_out = offline and any(on_hub(spec) for spec in recipe.problems.sources)
    if not left_out and not any(isinstance(row, Problem) for row in rows):
        raise UsageError(f"{recipe.path}: problems: no source has a problem ({len(rows)} rows, none of use)")
    return rows


def check_offline(recipe: Recipe, rows: list[Problem | Unusable]) -> Iterator[Finding]:
    """What needs no network; raises UsageError for prompts and tables that can't be used."""
    plan_walk(recipe)
    load_prompt(recipe.build.prompt, beside=recipe.folder, variables={"question", "choices"})
    yield Finding("ok", "prompts", "found, and every variable in them is known")
    yield from check_sources(recipe, rows)
    yield from check_golds([row for row in rows if isinstance(row, Problem)])
    yield from check_identity(recipe)
    yield from check_sampling(recipe)


async def check_online(recipe: Recipe, problems: list[Problem], *, beside: Path, say: Say) -> AsyncIterator[Finding]:
    """Ask every endpoint of the recipe; raises StopError for one that refuses everybody."""
    tally = Tally()
    async with AsyncExitStack() as stack:
        endpoints = open_endpoints(recipe, tally=tally, stack=stack, say=say)
        store = await open_store(recipe, beside=beside, stack=stack, say=say)
        engine = Engine(endpoints, store, tally)
        async for finding in check_endpoints(recipe, plan_walk(recipe), problems, engine=engine, endpoints=endpoints):
            yield finding
