"""What a run will take, predicted from some of its problems: requests, tokens, cost, hours and disk.

Problems are drawn by hash in groups: those on one picture share its caption, and cost as much together. Some groups are
walked as a run does; their replies stand in the store, so that nothing is paid twice. More follow until the tokens are
known well enough, or MOST groups have been looked at. The prediction is of all problems, whatever `stop_when` says.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import chain, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
from msgspec import Struct

from ovlt_data.connect import open_endpoints, open_store, read_problems, store_folders, used_models
from ovlt_data.engine.budget import HOUR, Spent, price
from ovlt_data.engine.store import Asked, Store
from ovlt_data.engine.tally import Sent, Tally
from ovlt_data.errors import UsageError
from ovlt_data.estimate import Estimate, estimate_total
from ovlt_data.generate.quota import Quota
from ovlt_data.generate.run import generate, plan_walk
from ovlt_data.recipe import Model, Price, Recipe, StopWhen
from ovlt_data.shard import draw
from ovlt_data.tables import read_table
from ovlt_data.types import Problem, Reply, Say

FIRST, MOST = 48, 2000
"""Groups of the first round, and of all."""
SPREAD = 0.12
"""Half of the interval of the completion tokens, as a share: then enough is known."""
SLACK = 0.15
"""Share by which the speed and the bytes of a small run may differ from those of a large one."""
LOOK_EVERY = 0.02
"""Seconds between looks at what is in flight."""

Group = list[Problem]


class _Asked(NamedTuple):
    model: str
    key: str
    slots: int
    cap: int | None


class Forecast(Struct, frozen=True, kw_only=True):
    """A whole run from an empty store."""

    problems: int
    probed: int
    """Problems that were walked for this."""
    failed: int
    """Of these; what a failed one takes is not counted."""
    paid: Spent
    """By the probe: the run spends so much less."""
    requests: Estimate
    prompt_tokens: Estimate
    completion_tokens: Estimate
    cost: Estimate | None = None
    """None where no model has a price."""
    hours: Estimate | None = None
    """None where the store had every reply, so that no speed was measured."""
    disk: Estimate | None = None
    """Bytes of the store, the run's tables and the version's lineage; its rows with their pictures come on top."""


class Look(NamedTuple):
    """What went on at a moment."""

    time: float
    in_flight: int
    tokens: int


class Probe:
    """What the walked groups took, and how fast it went."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.plan = plan_walk(recipe)
        self.sizes: list[int] = []
        """Problems of each group."""
        self.spent: list[Spent] = []
        """By each group, as if nothing had been in the store."""
        self.tally = Tally()
        self.looks: list[Look] = []
        self.store_bytes = self.table_bytes = 0

    def estimate(self, figures: list[float], groups: Sequence[Group]) -> Estimate:
        return estimate_total(figures, self.sizes, groups=len(groups), size=sum(map(len, groups)))

    def estimate_completion(self, groups: Sequence[Group]) -> Estimate:
        return self.estimate([spent.completion_tokens for spent in self.spent], groups)


async def forecast(
    recipe: Recipe, *, limit: int | None, beside: Path, say: Say, stopping: asyncio.Event
) -> Forecast | None:
    """Probe and predict; None when `stopping` ended it. Raises StopError, and UsageError where nothing is asked."""
    with TemporaryDirectory(prefix="ovlt-plan-") as scratch:
        groups = await asyncio.to_thread(_read_groups, recipe, Path(scratch) / "images", limit)
        probe, wanted = Probe(recipe), FIRST
        while wanted:
            done = len(probe.sizes)
            folder = Path(scratch) / str(done)
            if not await _walk(groups[done : done + wanted], probe, folder, beside=beside, say=say, stopping=stopping):
                return None
            say(f"probed {sum(probe.sizes)} of {sum(map(len, groups))} problems")
            wanted = _count_more(probe, groups)
        return _predict(probe, groups)


def _read_groups(recipe: Recipe, images_folder: Path, limit: int | None) -> list[Group]:
    """All problems by what they share, in the order of its hash."""
    groups: defaultdict[int, Group] = defaultdict(list)
    for row in read_problems(recipe, images_folder=images_folder, limit=limit):
        if isinstance(row, Problem):
            groups[draw(row)].append(row)
    if not groups or not used_models(recipe):
        raise UsageError(f"{recipe.path}: has no problem, or asks no model: there is nothing to plan")
    return [groups[key] for key in sorted(groups)]


async def _walk(
    groups: Sequence[Group], probe: Probe, folder: Path, *, beside: Path, say: Say, stopping: asyncio.Event
) -> bool:
    """Walk some groups and look up what their replies took; False when `stopping` ended it."""
    recipe, store_folder = probe.recipe, store_folders(probe.recipe, beside=beside)[0]
    bytes_before = _size_of(store_folder)
    async with AsyncExitStack() as stack:
        endpoints = open_endpoints(recipe, tally=probe.tally, stack=stack, say=say, stopping=stopping)
        store = await open_store(recipe, beside=beside, stack=stack, say=say)
        async with _look_on(probe):
            finished = await generate(
                chain.from_iterable(groups),
                probe.plan,
                recipe=recipe,
                folder=folder,
                store=store,
                endpoints=endpoints,
                tally=probe.tally,
                quota=Quota(StopWhen(), lambda _problems, _samples, _probes: pl.DataFrame()),
                retry=frozenset(),
                stopping=stopping,
            )
        asked = _read_asked(folder, probe)
        for group in groups:
            distinct = {each for problem in group for each in asked[problem.id]}
            probe.spent.append(await _add_up(distinct, recipe, store))
            probe.sizes.append(len(group))
    probe.store_bytes += _size_of(store_folder) - bytes_before
    probe.table_bytes += _size_of(folder)
    return finished


@asynccontextmanager
async def _look_on(probe: Probe) -> AsyncGenerator[None]:
    """Note what is in flight while the block runs."""

    async def look() -> None:
        while True:
            probe.looks.append(Look(time.monotonic(), probe.tally.in_flight, probe.tally.completion_tokens))
            await asyncio.sleep(LOOK_EVERY)

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _read_asked(folder: Path, probe: Probe) -> defaultdict[str, set[_Asked]]:
    """What was asked for each problem: problems on one picture name the same caption."""
    asked: defaultdict[str, set[_Asked]] = defaultdict(set)
    if (captions := probe.plan.caption) is not None and captions.model:
        models = {"caption": captions.model, "feedback": captions.refine.model if captions.refine else ""}
        for problem, role, key in _read_turns(read_table(folder, "captions")):
            cap = probe.recipe.models[models[role]].sampling.max_tokens
            asked[problem].add(_Asked(models[role], key, 1, cap))
    for rung in probe.plan.reason.rungs if probe.plan.reason else ():
        cap = rung.max_tokens or probe.recipe.models[rung.model].sampling.max_tokens
        said = read_table(folder, "samples").filter(pl.col("model") == rung.model)
        for problem, key in said.select("problem_id", "response_key").unique().iter_rows():
            asked[problem].add(_Asked(rung.model, key, rung.samples.max, cap))
    if (judge := probe.plan.judge) is not None:
        cap = probe.recipe.models[judge.model].sampling.max_tokens
        keys = pl.col("judgement").struct.field("response_keys").alias("key")
        said = read_table(folder, "samples").select("problem_id", keys).explode("key").drop_nulls()
        for problem, key in said.iter_rows():
            asked[problem].add(_Asked(judge.model, key, 1, cap))
    if (editor := probe.plan.edit) is not None:
        cap = probe.recipe.models[editor.model].sampling.max_tokens
        edits = read_table(folder, "samples").select("problem_id", pl.col("edit").struct.field("response_key"))
        for problem, key in edits.drop_nulls().iter_rows():
            asked[problem].add(_Asked(editor.model, key, 1, cap))
    for problem, each in _read_probed(folder, probe):
        asked[problem].add(each)
    return asked


def _read_probed(folder: Path, probe: Probe) -> Iterator[tuple[str, _Asked]]:
    """What the recipe's probes asked, by problem."""
    for each in probe.plan.probes:
        cap = probe.recipe.models[each.model].sampling.max_tokens
        replies = read_table(folder, "probes").filter(pl.col("probe") == each.name, pl.col("response_key") != "")
        for problem, key in replies.select("problem_id", "response_key").unique().iter_rows():
            yield problem, _Asked(each.model, key, each.samples, cap)


def _read_turns(captions: pl.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Problem, role and key of all that was said for its caption."""
    for problem, key, turns in captions.select("problem_id", "response_key", "turns").iter_rows():
        yield from ((problem, turn["role"], turn["response_key"]) for turn in turns)
        yield problem, "caption", key


async def _add_up(asked: Iterable[_Asked], recipe: Recipe, store: Store) -> Spent:
    """What the replies took when they were paid for; one that serves two caps was paid once."""
    replies: set[tuple[_Asked, int, Reply]] = set()
    for each in asked:
        found = await store.get(Asked(bytes.fromhex(each.key), tuple(range(each.slots)), each.cap))
        replies |= {(each._replace(cap=None, slots=0), slot, reply) for slot, reply in found.items()}
    return sum((_price_one(reply, recipe.models[each.model]) for each, _, reply in replies), Spent())


def _price_one(reply: Reply, model: Model) -> Spent:
    """A response's first reply carries its prompt's tokens; where the server counts none, each is a request."""
    sent = Sent(int(reply.prompt_tokens > 0 or reply.exact_tokens), reply.prompt_tokens, reply.completion_tokens)
    return price(sent, model.price or Price())


def _count_more(probe: Probe, groups: Sequence[Group]) -> int:
    """Groups to walk next: what the interval's width asks for, in steps that learn from each other."""
    done = len(probe.sizes)
    left = min(len(groups), MOST) - done
    excess = probe.estimate_completion(groups).spread / SPREAD
    if excess <= 1 or left <= 0:
        return 0
    return min(max(int(done * (excess**2 - 1)), FIRST // 4), 2 * done, left)


def _predict(probe: Probe, groups: Sequence[Group]) -> Forecast:
    spent, models = probe.spent, probe.recipe.models
    completion = probe.estimate_completion(groups)
    priced = any(models[name].price for name in used_models(probe.recipe))
    return Forecast(
        problems=sum(map(len, groups)),
        probed=sum(probe.sizes),
        failed=probe.tally.failed.total(),
        paid=_sum_paid(probe),
        requests=probe.estimate([each.requests for each in spent], groups),
        prompt_tokens=probe.estimate([each.prompt_tokens for each in spent], groups),
        completion_tokens=completion,
        cost=probe.estimate([each.cost for each in spent], groups) if priced else None,
        hours=_predict_hours(probe, completion),
        disk=_predict_disk(probe, completion),
    )


def _predict_hours(probe: Probe, completion: Estimate) -> Estimate | None:
    """At the speed while much was in flight: a small run is long in its beginning and its end, a large one is not.

    A quarter of the most is much: where one model holds up another, only its own requests are in flight.
    """
    most = max(look.in_flight for look in probe.looks)
    spans = [(before, after) for before, after in pairwise(probe.looks) if 4 * before.in_flight >= most > 0]
    tokens = sum(after.tokens - before.tokens for before, after in spans)
    seconds = sum(after.time - before.time for before, after in spans)
    return completion.times(seconds / tokens / HOUR, slack=SLACK) if tokens else None


def _predict_disk(probe: Probe, completion: Estimate) -> Estimate | None:
    """The lineage of a version holds what the tables do once more."""
    probed = sum(each.completion_tokens for each in probe.spent)
    if not probe.tally.completion_tokens or not probed:
        return None
    each = probe.store_bytes / probe.tally.completion_tokens + 2 * probe.table_bytes / probed
    return completion.times(each, slack=SLACK)


def _sum_paid(probe: Probe) -> Spent:
    models = probe.recipe.models
    return sum((price(sent, models[name].price or Price()) for name, sent in probe.tally.sent.items()), Spent())


def _size_of(folder: Path) -> int:
    """Bytes of all files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
