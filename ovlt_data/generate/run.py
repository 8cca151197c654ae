"""Generate for a whole recipe: opens what the walk needs, feeds it lazily, closes all of it whatever happens."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.window import walk_rows
from ovlt_data.errors import TooManyFailures
from ovlt_data.generate.given import read_given
from ovlt_data.generate.record import Recorder
from ovlt_data.generate.stops import FailureWatch
from ovlt_data.generate.walk import CaptionPlan, Plan, ReasonPlan, Walker, lasting_failures
from ovlt_data.prompts import VARIABLES, load_prompt
from ovlt_data.recipe import Recipe
from ovlt_data.tables import folders_of, read_table
from ovlt_data.types import Problem, Unusable

NO_CAPTION = VARIABLES - {"caption"}

SPARE_ROWS = 16
"""Rows in the window beyond what endpoints take at once, so that none of them waits for a file to be read.

The window follows the endpoints' limits and is not as wide as these may ever grow: a row in it holds its encoded
pictures.
"""


def plan_walk(recipe: Recipe) -> Plan:
    """The walk a recipe asks for, with its prompts and tables read: what is missing shows before anything is sent."""
    return Plan(
        caption=_plan_caption(recipe),
        reason=_plan_reason(recipe),
        min_samples=recipe.stop.min_samples,
    )


async def generate(
    rows: Iterator[Problem | Unusable],
    plan: Plan,
    *,
    recipe: Recipe,
    folder: Path,
    store: Store,
    endpoints: Mapping[str, Endpoint],
    tally: Tally,
    retry: frozenset[str],
    stopping: asyncio.Event,
) -> bool:
    """Walk all rows and write the run's tables into `folder`; False when `stopping` ended it early.

    Raises StopError; what arrived until then is in the store and in the tables.
    """
    failures = [row for part in folders_of(folder) for row in read_table(part, "failures").to_dicts()]
    refused = lasting_failures(failures, retry=retry)
    engine = Engine(endpoints, store, tally, refused=refused)
    recorder = Recorder(folder)
    watch = FailureWatch(max_failed=recipe.stop.max_failed, first_alike=recipe.stop.first_alike)
    walker = Walker(plan, engine, recorder, tally, watch)

    def size() -> int:
        return sum(endpoint.capacity for endpoint in endpoints.values()) + SPARE_ROWS

    try:
        finished = await walk_rows(_count(rows, tally), walker.walk, size=size, stopping=stopping)
    finally:
        await engine.cancel()
        recorder.close()
    if walker.left:
        return False
    if finished and tally.kept == 0 and tally.failed:
        raise TooManyFailures(f"every row failed: {watch.last}")
    return finished


def _count(rows: Iterator[Problem | Unusable], tally: Tally) -> Iterator[Problem | Unusable]:
    for row in rows:
        tally.read += 1
        yield row
    tally.total = tally.read


def _plan_caption(recipe: Recipe) -> CaptionPlan | None:
    step = recipe.caption
    if step is None:
        return None
    if step.from_ is not None:
        return CaptionPlan(given=read_given(Path(step.from_), step.columns.model_dump()))
    assert step.model is not None, "the schema asks for a model or a table"
    return CaptionPlan(model=step.model, prompt=load_prompt(step.prompt, beside=recipe.folder, variables=NO_CAPTION))


def _plan_reason(recipe: Recipe) -> ReasonPlan | None:
    if recipe.samples is not None:
        return ReasonPlan(given=read_given(Path(recipe.samples.from_), recipe.samples.columns.model_dump()))
    step = recipe.reason
    if step is None:
        return None
    known = VARIABLES if recipe.caption is not None else NO_CAPTION
    prompt = load_prompt(step.prompt, beside=recipe.folder, variables=known)
    return ReasonPlan(model=step.model, prompt=prompt, k=step.samples)
