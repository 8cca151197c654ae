"""Generate for a whole recipe: opens what the walk needs, feeds it lazily, closes all of it whatever happens."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import RungTally, Tally
from ovlt_data.engine.window import walk_rows
from ovlt_data.errors import TooManyFailures
from ovlt_data.generate.edit import EditPlan
from ovlt_data.generate.given import read_given
from ovlt_data.generate.judge import JudgePlan
from ovlt_data.generate.lasting import LastingFailures, read_lasting
from ovlt_data.generate.planned import CaptionPlan, Plan, ReasonPlan
from ovlt_data.generate.probe import plan_probe
from ovlt_data.generate.quota import Quota
from ovlt_data.generate.reason import Rung, plan_rungs
from ovlt_data.generate.record import Recorder
from ovlt_data.generate.refine import RefinePlan
from ovlt_data.generate.stops import FailureWatch
from ovlt_data.generate.walk import Row, Walker
from ovlt_data.prompts import OF_PROBLEM, Prompt, load_prompt
from ovlt_data.recipe import CaptionStep, Recipe
from ovlt_data.tables import folders_of
from ovlt_data.types import Problem, Unusable

SPARE_ROWS = 16
"""Rows in the window beyond what endpoints take at once, so that none of them waits for a file to be read.

The window follows the endpoints' limits and is not as wide as these may ever grow: a row in it holds its encoded
pictures.
"""


def plan_walk(recipe: Recipe) -> Plan:
    """The walk a recipe asks for, with its prompts and tables read: what is missing shows before anything is sent."""
    asked = recipe.probes.asked
    return Plan(
        caption=_plan_caption(recipe),
        reason=_plan_reason(recipe),
        judge=_plan_judge(recipe),
        edit=_plan_edits(recipe),
        min_samples=recipe.stop.min_samples,
        probes=tuple(plan_probe(name, recipe.probes, _load(said.prompt, recipe)) for name, said in asked.items()),
        probes_captions=recipe.probes.caption is not None,
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
    quota: Quota,
    retry: frozenset[str],
    stopping: asyncio.Event,
) -> bool:
    """Walk all rows and write the run's tables into `folder`; False when `stopping` ended it early.

    Raises StopError; what arrived until then is in the store and in the tables.
    """
    refused = read_lasting(folders_of(folder), retry=retry)
    engine = Engine(endpoints, store, tally, refused=refused)
    recorder, lasting = Recorder(folder), LastingFailures(folder, known=refused)
    watch = FailureWatch(max_failed=recipe.stop.max_failed, first_alike=recipe.stop.first_alike)
    walker = Walker(plan, engine, recorder, lasting, tally, watch, quota, retry=retry)
    tally.rungs = [_start_tally(rung) for rung in plan.reason.rungs] if plan.reason else []

    def size() -> int:
        return sum(endpoint.capacity for endpoint in endpoints.values()) + SPARE_ROWS

    try:
        finished = await walk_rows(_number(rows, tally, quota), walker.walk, size=size, stopping=stopping)
    finally:
        await engine.cancel()
        recorder.close()
    if walker.left:
        return False
    if finished and tally.kept == 0 and tally.failed:
        raise TooManyFailures(f"every row failed: {watch.last}")
    return finished


def _number(rows: Iterator[Problem | Unusable], tally: Tally, quota: Quota) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        tally.read = number
        yield Row(number, row)
        if quota.is_over:
            break
    tally.total = tally.read


def _start_tally(rung: Rung) -> RungTally:
    return RungTally(on=rung.on, model=rung.model, max_tokens=rung.max_tokens)


def _plan_caption(recipe: Recipe) -> CaptionPlan | None:
    step = recipe.caption
    if step is None:
        return None
    if step.from_ is not None:
        return CaptionPlan(given=read_given(Path(step.from_), step.columns.model_dump()))
    assert step.model is not None, "the schema asks for a model or a table"
    return CaptionPlan(model=step.model, prompt=_load(step.prompt, recipe), refine=_plan_refinement(step, recipe))


def _plan_refinement(step: CaptionStep, recipe: Recipe) -> RefinePlan | None:
    said = step.refine
    if said is None:
        return None
    return RefinePlan(
        model=said.model,
        prompt=_load(said.prompt, recipe, "caption"),
        rewrite=_load(said.rewrite, recipe, "caption", "feedback"),
        rounds=said.rounds,
    )


def _plan_reason(recipe: Recipe) -> ReasonPlan | None:
    if recipe.samples is not None:
        return ReasonPlan(given=read_given(Path(recipe.samples.from_), recipe.samples.columns.model_dump()))
    step = recipe.reason
    if step is None:
        return None
    prompt = _load(step.prompt, recipe, *(["caption"] if recipe.caption is not None else []))
    return ReasonPlan(model=step.model, prompt=prompt, rungs=plan_rungs(step))


def _plan_judge(recipe: Recipe) -> JudgePlan | None:
    step = recipe.judge
    if step is None:
        return None
    return JudgePlan(
        model=step.model,
        prompt=_load(step.prompt, recipe, "gold", "answer"),
        extract=_load(step.extract, recipe, "output") if step.extract is not None else None,
        every=step.of == "all",
    )


def _plan_edits(recipe: Recipe) -> EditPlan | None:
    if (said := recipe.rewrite) is None:
        return None
    return EditPlan(model=said.model, prompt=load_prompt(said.prompt, beside=recipe.folder, variables={"trace"}))


def _load(name: str, recipe: Recipe, *said: str) -> Prompt:
    """A prompt that may use what stands in a problem, and what was said before."""
    return load_prompt(name, beside=recipe.folder, variables=OF_PROBLEM | set(said))
