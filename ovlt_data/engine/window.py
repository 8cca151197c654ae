"""A bounded window over any number of rows: pulled lazily, never more in memory than fit in it.

Its size may change while rows are walked, since what endpoints take at once does.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar

Row = TypeVar("Row")

PULL = 16
"""Rows pulled at a time: reading a source is file work and done in a thread, whose cost is shared this way."""
WIDEN_EVERY = 1.0
"""Seconds between looks at the size."""


async def walk_rows(
    rows: Iterator[Row],
    walk: Callable[[Row], Awaitable[bool | None]],
    *,
    size: Callable[[], int],
    stopping: asyncio.Event,
) -> bool:
    """Walk every row, at most `size()` (1 or more) at once; returns True if the rows were read to their end.

    A row whose walk returns True goes back to the end of the queue.
    When `stopping` is set no further row is pulled and those in the window are finished. An error from a walk
    ends the others and is raised.
    """
    feed = _Feed(rows)
    working = 0

    async def work() -> None:
        nonlocal working
        while working <= size() and not stopping.is_set() and (row := await feed.take()) is not None:
            if await walk(row):
                feed.give_back(row)
        working -= 1

    workers: list[asyncio.Task[None]] = []
    try:
        while not (feed.exhausted or stopping.is_set()):
            wanting = max(size() - working, 0)
            working += wanting
            workers += [asyncio.create_task(work()) for _ in range(wanting)]
            done, _ = await asyncio.wait(workers, timeout=WIDEN_EVERY, return_when=asyncio.FIRST_EXCEPTION)
            await asyncio.gather(*done)
            workers = [worker for worker in workers if worker not in done]
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return feed.exhausted and not feed.waiting


class _Feed(Generic[Row]):
    """Hands rows out one at a time to whoever asks."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self.exhausted = False
        self._rows = rows
        self._pulled: list[Row] = []
        self._pulling = asyncio.Lock()
        self._given_back: deque[Row] = deque()

    @property
    def waiting(self) -> bool:
        """Whether rows that were given back are left."""
        return bool(self._given_back)

    def give_back(self, row: Row) -> None:
        """Whoever gives one back takes again, so that none is left behind."""
        self._given_back.append(row)

    async def take(self) -> Row | None:
        """The next row, None after the last."""
        async with self._pulling:
            if not self._pulled and not self.exhausted:
                self._pulled = await asyncio.to_thread(lambda: list(islice(self._rows, PULL)))
                self._pulled.reverse()
                self.exhausted = not self._pulled
            if self._pulled:
                return self._pulled.pop()
            return self._given_back.popleft() if self._given_back else None
