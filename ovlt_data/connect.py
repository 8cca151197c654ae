"""From a recipe to what it talks to: models with their identity, endpoints, the response store, the problems."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from ovlt_data.engine.budget import BudgetWatch
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.events import Note, note_nothing
from ovlt_data.engine.roster import follow_roster
from ovlt_data.engine.segments import LABEL
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport, Transport
from ovlt_data.errors import UsageError
from ovlt_data.recipe import Model, Recipe
from ovlt_data.serve.transport import EmbeddedServers, EmbeddedTransport, embedded_folder, resolve_embedded
from ovlt_data.sources import on_hub, read_sources
from ovlt_data.sources.contaminated import read_benchmarks, refuse_contaminated
from ovlt_data.types import Problem, Say, Unusable


async def open_store(recipe: Recipe, *, beside: Path, stack: AsyncExitStack, say: Say, label: str = LABEL) -> Store:
    """Open the first store folder for writing; further ones are read."""
    first, *others = store_folders(recipe, beside=beside)
    store = await Store.open(first, read_only=others, label=label, say=say)
    stack.push_async_callback(store.close)
    return store


def store_folders(recipe: Recipe, *, beside: Path) -> list[Path]:
    """As the recipe names them, else OVLT_STORE, else `store` in the folder `beside`."""
    return [Path(name) for name in recipe.store or [os.environ.get("OVLT_STORE") or str(beside / "store")]]


def open_endpoints(
    recipe: Recipe,
    *,
    tally: Tally,
    stack: AsyncExitStack,
    say: Say,
    stopping: asyncio.Event | None = None,
    transports: Mapping[str, Transport] | None = None,
    wait: float = 0.0,
    budget: BudgetWatch | None = None,
    note: Note = note_nothing,
) -> dict[str, Endpoint]:
    """An endpoint for each model that the recipe uses, with its identity filled in.

    Nothing is sent, and no embedded server starts, before it is asked. `transports` replace ours by model name.
    `wait`: seconds for a server that is still loading, before anything has answered.
    """
    servers = EmbeddedServers(stack)
    proven: set[str] = set()
    endpoints: dict[str, Endpoint] = {}
    for name in used_models(recipe):
        model = recipe.models[name]
        endpoints[name] = Endpoint(
            name,
            resolve_embedded(model) if model.embedded else model,
            urls=_read_urls(name, model),
            transport=(transports or {}).get(name) or _open_transport(model, servers),
            tally=tally,
            say=say,
            stopping=stopping,
            api_key=os.environ[model.api_key_env] if model.api_key_env else None,
            grace=recipe.stop.grace,
            proven=proven,
            wait=wait,
            budget=budget,
            note=note,
        )
        stack.push_async_callback(endpoints[name].close)
        if model.roster:
            follow = follow_roster(model.roster, renew=endpoints[name].renew, say=say, note=note)
            stack.push_async_callback(_end, asyncio.create_task(follow))
    return endpoints


async def serve_metrics(
    tally: Tally,
    endpoints: Mapping[str, Endpoint],
    store: Store,
    budget: BudgetWatch,
    *,
    port: int,
    stack: AsyncExitStack,
    say: Say,
) -> None:
    """Serve the run's figures until the stack is closed, and say where."""
    from ovlt_data.metrics import Watched, open_metrics  # a run that isn't watched imports no Prometheus

    runner, url = await open_metrics(Watched(tally, endpoints, store, budget), port=port)
    stack.push_async_callback(runner.cleanup)
    say(f"metrics at {url}")


def used_models(recipe: Recipe) -> list[str]:
    """Names of the models that the recipe's steps ask, in the order of the steps."""
    steps = (recipe.caption, recipe.reason, recipe.judge, recipe.probes)
    named = [name for step in steps if step for name in step.models]
    return list(dict.fromkeys([*named, *([recipe.rewrite.model] if recipe.rewrite else [])]))


def expected_rows(recipe: Recipe, *, limit: int | None) -> int | None:
    """Rows that the sources are asked for, where the recipe says so for each; a source may hold fewer."""
    asked = [
        min((n for n in (spec.count, spec.sample, spec.first, limit) if n is not None), default=None)
        for spec in recipe.problems.sources
    ]
    return None if None in asked else sum(n for n in asked if n is not None)


def read_problems(
    recipe: Recipe,
    *,
    images_folder: Path,
    limit: int | None,
    offline: bool = False,
    is_full: Callable[[str], bool] = lambda _: False,
) -> Iterator[Problem | Unusable]:
    """The rows of all sources, in the recipe's order, read as they are pulled; offline, without those on the Hub."""
    specs = [spec for spec in recipe.problems.sources if not (offline and on_hub(spec))]
    benchmarks = [spec for spec in recipe.problems.decontaminate if not (offline and on_hub(spec))]
    rows = read_sources(specs, images_folder=images_folder, seed=recipe.seed, limit=limit)
    return refuse_contaminated(rows, read_benchmarks(benchmarks)) if benchmarks else rows


def _read_urls(name: str, model: Model) -> list[str]:
    try:
        return model.urls
    except ValueError as error:  # its file was usable when the recipe was read
        raise UsageError(f"models.{name}.endpoint: {error}") from error


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _open_transport(model: Model, servers: EmbeddedServers) -> Transport:
    if model.embedded:
        return EmbeddedTransport(embedded_folder(model), servers)
    return AiohttpTransport(connect_timeout=model.limits.connect_timeout)
