"""The replicas behind one model: who is asked next, who is down, and when to stop waiting for one to come back."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import httpx

from ovlt_data.engine.events import Note, note_nothing
from ovlt_data.engine.limits import Level
from ovlt_data.engine.status import shorten
from ovlt_data.errors import EndpointStop
from ovlt_data.types import Say

PROBE_EVERY = 1.0
"""Seconds between looks at a replica that is down."""


class Replica:
    """One URL and what is known of it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.in_flight = 0
        self.up = True
        self.level = Level()
        self.shows_queue = False
        """It answered the last look at its /metrics."""


class Replicas:
    """All URLs of one model. A replica that does not listen is passed over until it answers again."""

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

    def prove(self, replica: Replica) -> None:
        """It has given a completion; other models behind the same URL learn it with us."""
        self._proven.add(replica.url)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._all)

    def __str__(self) -> str:
        return ", ".join(replica.url for replica in self._all)

    def least_busy(self) -> Replica | None:
        """The replica with the least in flight for its limit of those that are up."""
        return min((one for one in self._all if one.up), key=lambda one: one.in_flight / one.level.limit, default=None)

    def mark_down(self, replica: Replica, why: str) -> None:
        if not replica.up:
            return
        replica.up = False
        watch = asyncio.create_task(self._watch(replica))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        why = shorten(why, limit=120)
        self._say(f"models.{self._name}: {replica.url} does not answer ({why})")
        self._note("down", model=self._name, url=replica.url, why=why)
        if self.least_busy() is None:
            self._some_up.clear()
        if self._patience and not self._some_up.is_set():
            self._say(f"models.{self._name}: no replica answers; waiting for up to {self._patience:g} s")

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

    async def _watch(self, replica: Replica) -> None:
        """Look at it until it answers. As when it is asked, no proxy that the environment names is used."""
        answers = False
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
            while not answers:
                await asyncio.sleep(PROBE_EVERY)
                answers = await self._answers(replica, client)
        replica.up = True
        self._some_up.set()
        self._say(f"models.{self._name}: {replica.url} answers again")
        self._note("up", model=self._name, url=replica.url)

    async def _answers(self, replica: Replica, client: httpx.AsyncClient) -> bool:
        try:
            answer = await client.get(f"{replica.url}/models", headers=self._headers)
        except httpx.HTTPError:
            return False
        return answer.status_code < 500


async def wait_for_any(*events: asyncio.Event, seconds: float) -> bool:
    """Whether one of the events was set in time."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return bool(done)
