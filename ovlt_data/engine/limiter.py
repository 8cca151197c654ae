"""The limits of one endpoint at work: slots for all its replicas, a look at each one every second, rpm.

Whoever is about to send takes a slot; what becomes of the request is told here, and moves the number of slots.
"""

import asyncio
import time
from collections.abc import Mapping

import httpx

from ovlt_data.engine.bottleneck import Pressure
from ovlt_data.engine.events import Event, Note, note_nothing
from ovlt_data.engine.limits import MOST, back_off, count_reply, follow_queue, is_growing
from ovlt_data.engine.look import look_at, open_client
from ovlt_data.engine.replicas import Replica, Replicas, wait_for_any
from ovlt_data.engine.slots import Slots
from ovlt_data.recipe import Model

LOOK_EVERY = 1.0
"""Seconds between looks at a server's /metrics."""
LOOK_TIMEOUT = 2.0
"""Seconds; a server that takes longer is judged by its replies meanwhile."""


class Limiter:
    """Slots and pace of one endpoint; with a fixed concurrency, they stay what they are."""

    def __init__(
        self,
        model: Model,
        replicas: Replicas,
        *,
        name: str,
        headers: Mapping[str, str],
        look_every: float,
        note: Note = note_nothing,
    ) -> None:
        limits = model.limits
        self._auto = limits.concurrency == "auto"
        self._replicas = replicas
        self._headers = headers
        self._look_every = look_every
        self._may_look = model.provider != "openai" and not model.embedded
        self._looking: asyncio.Task[None] | None = None
        self._seconds_apart = 60 / limits.rpm if limits.rpm else 0.0
        self._next_send = 0.0
        self._name = name
        self._note = note
        self.slots = Slots(limits.concurrency if limits.concurrency != "auto" else self._sum())
        self._noted = self.slots.limit

    @property
    def capacity(self) -> int:
        """Requests that there should be at hand: with `auto` enough for the next doubling, so that it shows."""
        return min(2 * self.slots.limit, MOST * len(self._replicas)) if self._auto else self.slots.limit

    @property
    def pressure(self) -> Pressure:
        """How full it is now."""
        asked = [one for one in self._replicas if one.asked]
        return Pressure(
            model=self._name,
            taken=self.slots.taken,
            slots=self.slots.limit,
            auto=self._auto,
            growing=any(is_growing(one.level) for one in asked),
            queued=sum(one.queued for one in asked),
            paced=self._next_send > time.monotonic() + self._seconds_apart,
            up=bool(asked),
        )

    async def wait_for_turn(self, stopping: asyncio.Event) -> None:
        """Keep to the requests per minute; returns at once when the run is stopping."""
        now = time.monotonic()
        turn, self._next_send = max(now, self._next_send), max(now, self._next_send) + self._seconds_apart
        if turn > now:
            await wait_for_any(stopping, seconds=turn - now)

    def count_send(self) -> None:
        """Keep an eye on the servers for as long as something is in flight."""
        if self._may_look and self._looking is None:
            self._looking = asyncio.create_task(self._keep_looking())

    def count_reply(self, replica: Replica) -> None:
        """Call while the request still counts as in flight."""
        if self._auto and not replica.shows_queue:
            replica.level = count_reply(replica.level, in_flight=replica.in_flight, now=time.monotonic())
            self._fit()

    def count_overload(self, replica: Replica, *, sent_at: float) -> None:
        """After a refusal for lack of room, or a time-out."""
        if self._auto:
            replica.level = back_off(replica.level, sent_at=sent_at, now=time.monotonic())
            self._fit()

    async def close(self) -> None:
        if self._looking is None:
            return
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)

    async def _keep_looking(self) -> None:
        await asyncio.sleep(self._look_every)
        async with open_client(seconds=LOOK_TIMEOUT) as client:
            while self.slots.taken:
                await asyncio.gather(*(self._look_at(replica, client) for replica in self._replicas if replica.up))
                if self._auto:
                    self._fit()
                await asyncio.sleep(self._look_every)
        self._looking = None

    async def _look_at(self, replica: Replica, client: httpx.AsyncClient) -> None:
        look = await look_at(client, replica.url, self._headers, metrics=replica.has_metrics)
        if look.found == "there" and look.load is None and not replica.shows_queue:
            replica.has_metrics = False
        replica.shows_queue = look.load is not None
        replica.queued = look.load.waiting if look.load else 0.0
        if self._auto and look.load is not None:
            replica.level = follow_queue(replica.level, look.load, in_flight=replica.in_flight)
        self._replicas.count_look(replica, look)

    def _fit(self) -> None:
        if (total := self._sum()) != self.slots.limit:
            self.slots.resize(total)
            self._note_change(total)

    def _note_change(self, slots: int) -> None:
        """Of note is what is twice or half of what was noted last."""
        if self._noted / 2 < slots < 2 * self._noted:
            return
        self._noted = slots
        self._note(Event(event="limit", model=self._name, slots=slots))

    def _sum(self) -> int:
        """Slots over all replicas that are asked; of all, while none is."""
        return sum(one.limit for one in self._replicas if one.asked) or sum(one.limit for one in self._replicas)
