"""The replicas behind one model: who is asked next, who is left out, and when to stop waiting for one to come back.

The next request goes to the replica with the least in flight for its limit, of equals to the quickest. That is what
gives one twice as slow half the requests, since each stays there twice as long; to weigh latency once more would
leave it a quarter.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from ovlt_data.engine import health
from ovlt_data.engine.events import Event, Note, note_nothing
from ovlt_data.engine.health import Health
from ovlt_data.engine.limits import Level
from ovlt_data.engine.look import Look, look_at, open_client
from ovlt_data.engine.status import shorten
from ovlt_data.engine.traffic import show_url
from ovlt_data.errors import EndpointStop
from ovlt_data.types import Say

PROBE_EVERY = 1.0
"""Seconds between looks at a replica that is not asked."""
PROBE_TIMEOUT = 5.0


class Replica:
    """One URL and what is known of it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.label = show_url(url)
        """Of its metrics."""
        self.in_flight = 0
        self.holds: set[asyncio.Timeout] = set()
        """Of the requests in flight: due at once when these are to go to another replica."""
        self.up = True
        self.leaving = False
        """The recipe's file names it no more: it finishes what it has."""
        self.level = Level()
        self.health = Health()
        self.queued = 0.0
        """Requests that wait there, where it shows them."""
        self.shows_queue = False
        """It answered the last look at its /metrics."""
        self.has_metrics = True
        """As far as is known."""
        self.seen = False
        """It has answered a look: from then on a closed port means that it is gone."""

    @property
    def asked(self) -> bool:
        return self.up and not self.leaving

    @property
    def limit(self) -> int:
        """Requests at once, on probation fewer."""
        return min(self.level.limit, self.health.trial or self.level.limit)

    def release(self) -> None:
        """Give up what is in flight there, so that another replica is asked."""
        now = asyncio.get_running_loop().time()
        for hold in self.holds:
            hold.reschedule(now)
        self.holds.clear()


class Replicas:
    """All URLs of one model. One that does not listen, fails or stalls is passed over until it is well again."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        name: str,
        headers: Mapping[str, str],
        grace: float,
        say: Say,
        proven: set[str],
        wait: float = 0.0,
        note: Note = note_nothing,
    ) -> None:
        self._proven = proven
        self._all = [Replica(url) for url in urls]
        self._name = name
        self._headers = headers
        self._grace = grace
        self._wait = wait
        self._say = say
        self._note = note
        self._some_up = asyncio.Event()
        self._some_up.set()
        self._watches: set[asyncio.Task[None]] = set()

    @property
    def proven(self) -> bool:
        """One of them has given a completion: from then on silence is an outage, before it is a wrong URL."""
        return any(replica.url in self._proven for replica in self._all)

    def __len__(self) -> int:
        return sum(not replica.leaving for replica in self._all)

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._all)

    def __str__(self) -> str:
        return ", ".join(replica.url for replica in self._all if not replica.leaving)

    def choose(self, *, but: Replica | None = None) -> Replica | None:
        """Who is asked next, None where nobody is up; `but` has just failed, and is asked only if it is the last.

        A probation is kept to as long as another one can take the request.
        """
        asked = [one for one in self._all if one.asked]
        rested = [one for one in asked if not one.health.trial or one.in_flight < one.health.trial] or asked
        others = [one for one in rested if one is not but] or rested
        return min(others, key=lambda one: (one.in_flight / one.limit, one.health.latency), default=None)

    def renew(self, urls: Sequence[str]) -> None:
        """From now on these: new ones join, vanished ones finish what is in flight."""
        wanted = {url.rstrip("/") for url in urls}
        left = [one for one in self._all if not one.leaving and one.url not in wanted]
        for one in left:
            one.leaving = True
        known = {one.url for one in self._all if not one.leaving}
        joined = [Replica(url) for url in urls if url.rstrip("/") not in known]
        self._all = [one for one in self._all if not one.leaving or one.in_flight] + joined
        self._tell("join", joined)
        self._tell("leave", left)
        self._show_whether_some_up()

    def _tell(self, event: Literal["join", "leave"], changed: Sequence[Replica]) -> None:
        for one in changed:
            self._say(f"models.{self._name}: {one.url} {event}s")
            self._note(Event(event=event, model=self._name, url=one.url))

    def begin(self, replica: Replica, *, now: float) -> None:
        """Call before a request is sent; one that had nothing to do had no reason to move."""
        if replica.in_flight == 0:
            replica.health = health.count_look(replica.health, tokens=None, now=now)
        replica.in_flight += 1

    def count_reply(self, replica: Replica, *, sent_at: float) -> None:
        """It has given a completion; other models behind the same URL learn it with us."""
        self._proven.add(replica.url)
        now = time.monotonic()
        replica.health = health.count_reply(replica.health, seconds=now - sent_at, now=now)

    def count_failure(self, replica: Replica, *, sent_at: float, why: str) -> None:
        """A request failed there, by its fault as far as one can tell."""
        replica.health = health.count_failure(replica.health, sent_at=sent_at, now=time.monotonic())
        if not replica.up or not health.fails(replica.health):
            return
        if self._another_does_well(replica, since=replica.health.failing_since):
            self._leave_out(replica, f"{replica.health.failed} failures in a row, the last: {why}")

    def count_look(self, replica: Replica, look: Look) -> None:
        """What a look at one that is up says of its health; that it is gone only where it was seen before."""
        now = time.monotonic()
        if look.found == "there":
            replica.seen = True
            replica.health = health.count_look(replica.health, tokens=look.tokens, now=now)
        elif look.found == "refused" and replica.seen:
            self.mark_down(replica, "its port is closed")
        if replica.up and replica.seen and health.stalls(replica.health, in_flight=replica.in_flight, now=now):
            self._move_on(replica)

    def mark_down(self, replica: Replica, why: str) -> None:
        """Nobody listens there. What is in flight is released when the next look finds its port closed too."""
        if not replica.up:
            return
        why = shorten(why, limit=120)
        self._say(f"models.{self._name}: {replica.url} does not answer ({why})")
        self._note(Event(event="down", model=self._name, url=replica.url, why=why))
        self._take_out(replica, seconds=0.0)

    def _move_on(self, replica: Replica) -> None:
        """Give what a stalled replica has to another one, if that does well."""
        if self._another_does_well(replica, since=replica.health.alive_at):
            self._leave_out(replica, f"nothing moves there, with {replica.in_flight} requests in flight")
            replica.release()

    def _leave_out(self, replica: Replica, why: str) -> None:
        replica.health = health.leave_out(replica.health)
        seconds, why = health.pause(replica.health), shorten(why, limit=160)
        self._say(f"models.{self._name}: {replica.url} is left out for {seconds:g} s ({why})")
        self._note(Event(event="eject", model=self._name, url=replica.url, why=why, seconds=seconds))
        self._take_out(replica, seconds=seconds)

    def _take_out(self, replica: Replica, *, seconds: float) -> None:
        replica.up = False
        watch = asyncio.create_task(self._watch(replica, until=time.monotonic() + seconds))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        self._show_whether_some_up()
        if self._patience and not self._some_up.is_set():
            self._say(f"models.{self._name}: no replica answers; waiting for up to {self._patience:g} s")
            self._note(Event(event="wait", model=self._name, seconds=self._patience))

    def _another_does_well(self, replica: Replica, *, since: float) -> bool:
        return any(
            one.asked and one is not replica and health.does_well(one.health, in_flight=one.in_flight, since=since)
            for one in self._all
        )

    def _show_whether_some_up(self) -> None:
        if any(replica.asked for replica in self._all):
            self._some_up.set()
        else:
            self._some_up.clear()

    @property
    def _patience(self) -> float:
        """Seconds to wait while nobody answers."""
        return self._grace if self.proven else self._wait

    async def wait_for_one(self, stopping: asyncio.Event) -> None:
        """Return once a replica is up, or the run is stopping.

        Raises EndpointStop after `grace`; where none has ever answered, after `wait`.
        """
        if self._some_up.is_set():
            return
        patience = self._patience
        if patience and await wait_for_any(self._some_up, stopping, seconds=patience):
            return
        if not self.proven:
            within = f" within {patience:g} s" if patience else ""
            raise EndpointStop(
                f"models.{self._name}: nobody answers at {self}{within}. Start the server, then run this again; "
                "--wait SECONDS waits for one that is still loading."
            )
        raise EndpointStop(
            f"models.{self._name}: no replica came back within {patience:g} s ({self}). "
            "What arrived is stored; start the server, then run this again."
        )

    async def close(self) -> None:
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)

    async def _watch(self, replica: Replica, *, until: float) -> None:
        """Look at it until it answers and its time is over."""
        async with open_client(seconds=PROBE_TIMEOUT) as client:
            while True:
                await asyncio.sleep(PROBE_EVERY)
                look = await look_at(client, replica.url, self._headers, metrics=False)
                if look.found == "refused":
                    replica.release()
                if replica.leaving and not replica.in_flight:
                    return
                if look.found == "there" and time.monotonic() >= until:
                    break
        replica.up = True
        replica.health = health.let_in(replica.health, now=time.monotonic())
        self._show_whether_some_up()
        self._say(f"models.{self._name}: {replica.url} answers again")
        self._note(Event(event="up", model=self._name, url=replica.url))


async def wait_for_any(*events: asyncio.Event, seconds: float) -> bool:
    """Whether one of the events was set in time."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return bool(done)
