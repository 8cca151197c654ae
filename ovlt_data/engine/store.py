"""The response store keeps everything that a model said, once, by content.

A reply is found by (key, slot): the key is the hash of what was asked and of whom, slots 0 … k-1 are the k samples.
`max_tokens` is no part of the key, since it is a cap: a reply that ended by itself serves every cap that its tokens
fit in, one that was cut off only caps up to its own, one that ran in a loop every cap: a lower one would have cut it
too, and a higher one buys more of the same. Where several replies serve, the choice depends on them alone,
never on files or order of arrival: the lowest cap, then the lowest hash.

SQLite works in a thread of its own; the event loop queues and is told. A hop to that thread costs more than a query,
so look-ups gather for a moment and are one.
"""

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ovlt_data.engine.segment import Row
from ovlt_data.engine.segments import LABEL, Segments
from ovlt_data.text.loops import FINISHED_IN_LOOP
from ovlt_data.types import Reply, Say

UNCAPPED = 2**62
"""Stands for the server's own cap: every number of tokens fits in."""
GATHER = 0.005
"""Seconds for which look-ups gather: nothing beside a reply, and thousands of rows a second on a second run."""
BATCH = 64
DELAY = 0.4
"""Seconds: replies are committed within half a second of their arrival, the commit itself included."""


class Asked(Struct, frozen=True):
    """One look-up."""

    key: bytes
    slots: tuple[int, ...]
    max_tokens: int | None


class Put(NamedTuple):
    arrived: float
    key: bytes
    slot: int
    reply: Reply
    request: bytes


class Store:
    """The event loop's side of the store. Raises EnvironmentStop when the disk refuses."""

    def __init__(self, segments: Segments, thread: ThreadPoolExecutor) -> None:
        self._segments = segments
        self._thread = thread
        self._loop = asyncio.get_running_loop()
        self._lookups: list[tuple[Asked, asyncio.Future[dict[int, Reply]]]] = []
        self._queue: list[Put] = []
        self._timer: asyncio.TimerHandle | None = None
        self._commits: set[asyncio.Future[None]] = set()
        self._uncommitted: defaultdict[bytes, list[Put]] = defaultdict(list)
        self._failure: BaseException | None = None

    @classmethod
    async def open(
        cls, folder: Path, *, read_only: Sequence[Path] = (), label: str = LABEL, say: Say | None = None
    ) -> "Store":
        """Files of our own are those whose names start with `label`."""
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ovlt-store")
        heard = partial(loop.call_soon_threadsafe, say or _say)
        try:
            opening = partial(Segments, folder, read_only, heard, label=label)
            segments = await loop.run_in_executor(thread, opening)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(segments, thread)

    @property
    def lag(self) -> int:
        """Replies that arrived and are not committed yet."""
        return sum(map(len, self._uncommitted.values()))

    @property
    def oldest(self) -> float:
        """Seconds since the oldest of these arrived."""
        first = min((puts[0].arrived for puts in self._uncommitted.values()), default=None)
        return 0.0 if first is None else time.monotonic() - first

    async def get(self, asked: Asked) -> dict[int, Reply]:
        """Those of the slots that the store can serve."""
        if not self._lookups:
            self._loop.call_later(GATHER, self._look_up)
        found: asyncio.Future[dict[int, Reply]] = self._loop.create_future()
        self._lookups.append((asked, found))
        return await found

    async def request(self, key: bytes) -> bytes | None:
        """The body of the request that this key is the hash of."""
        await self.flush()
        return await self._loop.run_in_executor(self._thread, self._segments.request, key)

    def put(self, key: bytes, slot: int, reply: Reply, *, request: bytes = b"") -> None:
        """Queue a reply; `get` sees it at once. Raises what an earlier commit failed with: the reply stays queued."""
        put = Put(time.monotonic(), key, slot, reply, request)
        self._queue.append(put)
        self._uncommitted[key].append(put)
        if self._failure is not None:
            raise self._failure
        if len(self._queue) >= BATCH:
            self._commit()
        elif self._timer is None:
            self._timer = self._loop.call_later(DELAY, self._commit)

    async def flush(self) -> None:
        """Wait until all that arrived is committed; what failed before is tried again."""
        self._failure = None
        self._commit()
        if self._commits:
            await asyncio.wait(self._commits)
        if self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        """Commit what is queued and release the files, in every case."""
        try:
            await self.flush()
        finally:
            await self._loop.run_in_executor(self._thread, self._segments.close)
            self._thread.shutdown()

    def _look_up(self) -> None:
        lookups, self._lookups = self._lookups, []
        asked = [asked for asked, _ in lookups]
        # Taken now: what is committed before the query runs is then seen twice, but nothing is missed between.
        uncommitted = [put for each in asked for put in self._uncommitted.get(each.key, ())]
        answered = self._loop.run_in_executor(self._thread, _answer, self._segments, asked, uncommitted)
        answered.add_done_callback(partial(_resolve, [found for _, found in lookups]))

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._queue:
            return
        puts, self._queue = self._queue, []
        commit = self._loop.run_in_executor(self._thread, _write, self._segments, puts)
        self._commits.add(commit)
        commit.add_done_callback(partial(self._committed, puts))

    def _committed(self, puts: list[Put], commit: asyncio.Future[None]) -> None:
        self._commits.discard(commit)
        if (failure := commit.exception()) is not None:
            self._failure = failure
            self._queue[:0] = puts
            return
        for put in puts:
            waiting = self._uncommitted[put.key]
            waiting.remove(put)
            if not waiting:
                del self._uncommitted[put.key]


def serves(reply: Reply) -> tuple[int, int]:
    """The caps from … to that a reply serves, both included."""
    cap = _cap(reply.max_tokens)
    if reply.finish_reason in FINISHED_IN_LOOP:
        return (0, UNCAPPED)
    if reply.finish_reason == "length":
        return (UNCAPPED if cap == UNCAPPED else 0, cap)
    return (reply.completion_tokens if reply.exact_tokens else cap, UNCAPPED)


def choose(rows: Iterable[Row], asked: Asked) -> dict[int, Row]:
    """For each slot that can be served, the reply that serves it."""
    cap = _cap(asked.max_tokens)
    fitting = [row for row in rows if row.slot in asked.slots and row.low <= cap <= row.high]
    fitting.sort(key=lambda row: (row.cap, row.hash), reverse=True)
    return {row.slot: row for row in fitting}  # of a slot's rows the last stays, which is the lowest


def make_row(key: bytes, slot: int, reply: Reply) -> Row:
    """A reply as it stands in the store, before compression."""
    value = msgspec.json.encode(reply)
    return Row(key, slot, _cap(reply.max_tokens), *serves(reply), sha256(value).digest(), value)


def _cap(max_tokens: int | None) -> int:
    return UNCAPPED if max_tokens is None else max_tokens


_decoder = msgspec.json.Decoder(Reply)


def _write(segments: Segments, puts: Sequence[Put]) -> None:
    rows = [make_row(put.key, put.slot, put.reply) for put in puts]
    segments.write(rows, {put.key: put.request for put in puts if put.request})


def _answer(segments: Segments, asked: Sequence[Asked], uncommitted: Sequence[Put]) -> list[dict[int, Reply]]:
    by_key: defaultdict[bytes, list[Row]] = defaultdict(list)
    arrived = [make_row(put.key, put.slot, put.reply) for put in uncommitted]
    for row in (*segments.read(list({each.key for each in asked})), *arrived):
        by_key[row.key].append(row)
    return [
        {slot: _decoder.decode(row.value) for slot, row in choose(by_key[each.key], each).items()} for each in asked
    ]


def _resolve(
    waiting: Sequence[asyncio.Future[dict[int, Reply]]], answered: asyncio.Future[list[dict[int, Reply]]]
) -> None:
    failure = answered.exception()
    answers = [{}] * len(waiting) if failure else answered.result()
    for found, answer in zip(waiting, answers, strict=True):
        if found.done():  # whoever asked was cancelled
            continue
        if failure:
            found.set_exception(failure)
        else:
            found.set_result(answer)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
