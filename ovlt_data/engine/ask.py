"""The engine: k samples of one ask, from the store where it has them and from an endpoint where it has not.

Samples are counted, not requests. A prompt with pictures starts with one request of n = k, so that the pictures
travel once; a text prompt with k requests of one. Whether an endpoint honours, ignores or refuses `n` shows in
its first reply, and what is missing then is asked for one by one. Equal asks in flight are joined.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ovlt_data.engine.endpoint import Endpoint, Interrupted
from ovlt_data.engine.request import Ask, canonical_body, encode_messages, hash_key, wire_body
from ovlt_data.engine.store import Asked, Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.together import run_together
from ovlt_data.errors import RequestFailed, RowError
from ovlt_data.recipe import Model
from ovlt_data.types import Reply

Flight = tuple[str, bytes, tuple[int, ...], int | None]
"""Model, key, slots and cap: equal asks in flight are one."""


class Replies(Struct, frozen=True):
    """What became of the slots of one ask: every one is in `by_slot` or behind `failure`."""

    key: str
    by_slot: Mapping[int, Reply]
    failure: RowError | None = None
    """Of the first slot that has no reply."""
    requests: int = 0
    """Sent for them now, without retries."""


class Engine:
    """Asks models by their name in the recipe."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        store: Store,
        tally: Tally,
        *,
        refused: Mapping[str, RowError] | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._store = store
        self._tally = tally
        self._refused = refused or {}
        """Lasting failures of earlier runs by request key (hex): not sent again."""
        self._flights: dict[Flight, asyncio.Task[Replies]] = {}

    async def sample(self, ask: Ask, k: int) -> Replies:
        """Slots 0 … k-1 of an ask; what fails for this row alone is in the result.

        Raises StopError, and Interrupted where slots are missing that are not asked for any more.
        """
        return await self.sample_slots(ask, tuple(range(k)))

    async def sample_slots(self, ask: Ask, slots: tuple[int, ...]) -> Replies:
        """These slots of an ask, otherwise as `sample`."""
        model = _cap(self._endpoints[ask.model].model, ask)
        body = canonical_body(ask, model)
        key = hash_key(body)
        flight = (ask.model, key, slots, ask.max_tokens)
        task = self._flights.get(flight)
        if task is None:
            task = asyncio.create_task(self._fill(ask, model, key, body, slots))
            self._flights[flight] = task
            task.add_done_callback(lambda task: self._land(flight, task))
        return await asyncio.shield(task)

    async def recall(self, ask: Ask, slots: tuple[int, ...]) -> Mapping[int, Reply]:
        """Those of the slots that are in the store; nothing is sent."""
        model = _cap(self._endpoints[ask.model].model, ask)
        key = hash_key(canonical_body(ask, model))
        return await self._store.get(Asked(key=key, slots=slots, max_tokens=model.sampling.max_tokens))

    async def cancel(self) -> None:
        """Give up what is in flight."""
        tasks = list(self._flights.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _land(self, flight: Flight, task: asyncio.Task[Replies]) -> None:
        del self._flights[flight]
        if not task.cancelled():
            task.exception()  # looked at here, so that one which nobody waits for any more is no warning

    async def _fill(self, ask: Ask, model: Model, key: bytes, body: bytes, slots: tuple[int, ...]) -> Replies:
        endpoint = self._endpoints[ask.model]
        asked = Asked(key=key, slots=slots, max_tokens=model.sampling.max_tokens)
        known = await self._store.get(asked)
        self._tally.from_store += len(known)
        missing = [slot for slot in slots if slot not in known]
        if not missing:
            return Replies(key=key.hex(), by_slot=known)
        if refused := self._refused.get(key.hex()):
            return Replies(key=key.hex(), by_slot=known, failure=refused)
        try:
            messages = await _encode(ask, model)
        except RowError as error:
            return Replies(key=key.hex(), by_slot=known, failure=error)
        filling = _Filling(endpoint, model, self._store, key, body, messages, dict(known))
        await filling.fill(missing, together=bool(ask.images))
        if filling.interrupted:
            raise Interrupted
        if filling.failure is not None:
            filling.failure.request_key = key.hex()
        return Replies(key=key.hex(), by_slot=filling.by_slot, failure=filling.failure, requests=filling.requests)


class _Filling:
    """The requests for one ask's missing slots; every reply is handed to the store as it comes."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: Model,
        store: Store,
        key: bytes,
        body: bytes,
        messages: msgspec.Raw,
        by_slot: dict[int, Reply],
    ) -> None:
        self.by_slot = by_slot
        self.failure: RowError | None = None
        self.requests = 0
        self.interrupted = False
        """A slot was not asked for; those that were are waited for all the same."""
        self._endpoint = endpoint
        self._model = model
        self._store = store
        self._key = key
        self._body = body
        self._messages = messages

    async def fill(self, slots: Sequence[int], *, together: bool) -> None:
        if together and len(slots) > 1 and self._endpoint.honours_n is not False:
            slots = await self._fill_together(slots)
        await run_together(self._ask_one(slot) for slot in slots)

    async def _fill_together(self, slots: Sequence[int]) -> list[int]:
        """Ask for several slots a request; returns those that must be asked for one by one."""
        left = await run_together(self._ask_several(group) for group in self._group(slots))
        return [slot for group in left for slot in group]

    def _group(self, slots: Sequence[int]) -> list[tuple[int, ...]]:
        """A seeded request answers slots that follow each other, and only where choice i is sampled with seed + i."""
        model = self._model
        if model.sampling.seed is None:
            return [tuple(slots)]
        return group_neighbours(slots) if model.provider == "vllm" else [(slot,) for slot in slots]

    async def _ask_several(self, slots: tuple[int, ...]) -> tuple[int, ...]:
        if len(slots) == 1:
            return slots
        try:
            replies = await self._post(slots)
        except RequestFailed as error:
            if error.kind == "bad_request":
                return await self._try_alone(slots)
            self.failure = error
            return ()
        except Interrupted:
            self.interrupted = True
            return ()
        self._endpoint.honours_n = len(replies) == len(slots)
        return slots[len(replies) :]

    async def _try_alone(self, slots: tuple[int, ...]) -> tuple[int, ...]:
        """Tell a refused `n` from a row that is refused anyway: one slot alone shows which."""
        await self._ask_one(slots[0])
        if slots[0] not in self.by_slot:
            return ()
        self._endpoint.honours_n = False
        return slots[1:]

    async def _ask_one(self, slot: int) -> None:
        try:
            await self._post((slot,))
        except RequestFailed as error:
            self.failure = self.failure or error
        except Interrupted:
            self.interrupted = True

    async def _post(self, slots: tuple[int, ...]) -> list[Reply]:
        self.requests += 1
        replies = await self._endpoint.post(wire_body(self._messages, self._model, slots))
        cap = self._model.sampling.max_tokens
        for slot, reply in zip(slots, replies, strict=False):
            self.by_slot[slot] = reply if reply.max_tokens == cap else replace(reply, max_tokens=cap)
            self._store.put(self._key, slot, self.by_slot[slot], request=self._body)
        return replies


def _cap(model: Model, ask: Ask) -> Model:
    """The model under the ask's own cap."""
    if ask.max_tokens is None:
        return model
    return model.model_copy(update={"sampling": model.sampling.model_copy(update={"max_tokens": ask.max_tokens})})


async def _encode(ask: Ask, model: Model) -> msgspec.Raw:
    """Pictures are read and encoded in a thread; text needs none, and a thread costs more than it."""
    return await asyncio.to_thread(encode_messages, ask, model) if ask.images else encode_messages(ask, model)


def group_neighbours(slots: Sequence[int]) -> list[tuple[int, ...]]:
    """Runs of slots that follow each other: what one seeded request can ask for."""
    groups: list[list[int]] = [[slots[0]]]
    for before, slot in pairwise(slots):
        if slot == before + 1:
            groups[-1].append(slot)
        else:
            groups.append([slot])
    return [tuple(group) for group in groups]
