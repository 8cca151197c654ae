"""A bounded window over any number of rows: pulled lazily, never more in memory than fit in it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from ovlt_data.engine.together import run_together

Row = TypeVar("Row")

PULL = 16
"""Rows pulled at a time: reading a source is file work and done in a thread, whose cost is shared this way."""


async def walk_rows(
    rows: Iterator[Row], walk: Callable[[Row], Awaitable[None]], *, size: int, stopping: asyncio.Event
) -> bool:
    """Walk every row, at most `size` at once; returns True if the rows were read to their end.

    When `stopping` is set no further row is pulled and those in the window are finished. An error from a walk
    ends the others and is raised.
    """
    feed = _Feed(rows)

    async def work() -> None:
        while not stopping.is_set() and (row := await feed.take()) is not None:
            await walk(row)

    await run_together(work() for _ in range(size))
    return feed.exhausted


class _Feed(Generic[Row]):
    """Hands rows out one at a time to whoever asks."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self.exhausted = False
        self._rows = rows
        self._pulled: list[Row] = []
        self._pulling = asyncio.Lock()

    async def take(self) -> Row | None:
        """The next row, None after the last."""
        async with self._pulling:
            if not self._pulled and not self.exhausted:
                self._pulled = await asyncio.to_thread(lambda: list(islice(self._rows, PULL)))
                self._pulled.reverse()
                self.exhausted = not self._pulled
            return self._pulled.pop() if self._pulled else None
