"""Feels a run's pulse twice a second: how late the event loop is, how busy the process, what holds rows up."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from ovlt_data.engine.bottleneck import Snapshot, what_limits
from ovlt_data.engine.budget import BudgetWatch
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.events import Note
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally

EVERY = 0.5
"""Seconds between two looks."""


@asynccontextmanager
async def feel_pulse(
    tally: Tally, endpoints: Mapping[str, Endpoint], store: Store, budget: BudgetWatch, note: Note
) -> AsyncGenerator[None]:
    """While the block runs, the tally says what limits it, and for how long what has."""

    async def beat() -> None:
        while True:
            began, cpu = time.monotonic(), time.process_time()
            await asyncio.sleep(EVERY)
            seconds = time.monotonic() - began
            busy = (time.process_time() - cpu) / seconds
            now = _take(tally, endpoints, store, budget, cpu=busy, late=seconds - EVERY)
            tally.limit = what_limits(now)
            tally.limited[tally.limit.name] += seconds
            note.settle()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _take(
    tally: Tally, endpoints: Mapping[str, Endpoint], store: Store, budget: BudgetWatch, *, cpu: float, late: float
) -> Snapshot:
    return Snapshot(
        pressures=[endpoint.pressure for endpoint in endpoints.values()],
        budget=budget.refused,
        cpu=cpu,
        late=late,
        uncommitted=store.lag,
        oldest=store.oldest,
        rows=tally.walking,
        wanted=sum(endpoint.capacity for endpoint in endpoints.values()),
        all_read=tally.total == tally.read,
    )
