"""One model of the recipe, ready to be asked: slots, retries, and what a refusal means.

Slots bound what is in flight; back-off happens outside them, so that a waiting row never holds up another.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from ovlt_data.engine.bottleneck import Pressure
from ovlt_data.engine.budget import BudgetWatch
from ovlt_data.engine.events import Event, Note, note_nothing
from ovlt_data.engine.limiter import LOOK_EVERY, Limiter
from ovlt_data.engine.replicas import Replica, Replicas, wait_for_any
from ovlt_data.engine.reply import BadReply, decode_replies
from ovlt_data.engine.retry import FIRST_BACKOFF, Passing, failure_of, seconds_before_next
from ovlt_data.engine.status import Fault, classify, shorten
from ovlt_data.engine.stream import post_streamed
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Answer, Broken, TimedOut, TooLarge, Transport, Unreachable
from ovlt_data.errors import EndpointStop, OvltError, RequestFailed
from ovlt_data.recipe import Model
from ovlt_data.types import Reply, Say

OVERLOADED = frozenset({408, 429, 503, 504, 529})
"""Statuses that ask for fewer requests at once."""

MOVES = 3
"""Times that one attempt goes on to another replica, when the one it was at turned out to be bad."""


class Interrupted(Exception):
    """The run is stopping, so that this request was not sent."""


class Endpoint:
    """Sends one request at a time, as often as it takes, to whichever replica has the least to do."""

    def __init__(
        self,
        name: str,
        model: Model,
        *,
        urls: Sequence[str],
        transport: Transport,
        tally: Tally,
        say: Say,
        stopping: asyncio.Event | None = None,
        api_key: str | None = None,
        grace: float = 600.0,
        proven: set[str] | None = None,
        wait: float = 0.0,
        budget: BudgetWatch | None = None,
        note: Note = note_nothing,
        backoff: float = FIRST_BACKOFF,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """`proven` are the URLs that have given a completion, shared by the models of a run."""
        self.name = name
        self.model = model
        self.honours_n: bool | None = False if model.stream else None
        """Whether one request may ask for several choices; learned from the first that does. A stream is one reply."""
        self._headers = _make_headers(model, api_key)
        self._note = note
        self._replicas = Replicas(
            urls,
            name=name,
            headers=self._headers,
            grace=grace,
            wait=wait,
            say=say,
            note=note,
            proven=set() if proven is None else proven,
        )
        self._transport = transport
        self._tally = tally
        self._stopping = stopping or asyncio.Event()
        self._api_key = api_key
        self._backoff = backoff
        self._budget = budget
        self._backing_off = 0
        self._limiter = Limiter(
            model, self._replicas, name=name, headers=self._headers, look_every=look_every, note=note
        )

    @property
    def capacity(self) -> int:
        """Requests that there should be at hand, over all replicas; with `auto` it changes."""
        return self._limiter.capacity

    @property
    def pressure(self) -> Pressure:
        """How full it is now."""
        return replace(self._limiter.pressure, backing_off=self._backing_off)

    @property
    def replicas(self) -> Iterable[Replica]:
        """As they are now; for those who look on."""
        return self._replicas

    async def post(self, body: bytes) -> list[Reply]:
        """One request until it is answered.

        Raises RequestFailed for the row, EndpointStop for the run, Interrupted for what is not sent any more.
        """
        try:
            return await self._attempt(body)
        except Passing as first:
            return await self._try_again(body, first)

    def renew(self, urls: Sequence[str]) -> None:
        """From now on these replicas; what is in flight at others is finished."""
        self._replicas.renew(urls)

    async def close(self) -> None:
        await self._limiter.close()
        await self._replicas.close()
        await self._transport.close()

    async def _try_again(self, body: bytes, first: Passing) -> list[Reply]:
        """Retries, entered only after a failure: their machinery costs more than a good request does."""
        failures, failed_at = iter([first]), first.replica

        async def attempt() -> list[Reply]:
            nonlocal failed_at
            for failure in failures:
                raise failure
            try:
                return await self._attempt(body, but=failed_at)
            except Passing as failure:
                failed_at = failure.replica
                raise

        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.model.limits.attempts),
            wait=lambda state: seconds_before_next(state, backoff=self._backoff),
            sleep=self._sleep,
            retry=retry_if_exception_type(Passing),
            before_sleep=self._note_retry,
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except Passing as last:
            raise self._give_up(last) from last

    async def _attempt(self, body: bytes, *, but: Replica | None = None) -> list[Reply]:
        """One attempt, at another replica than the one where it failed before.

        A replica that nobody listens at is no attempt, and neither is one that proves to be bad: the next one is
        taken at once, or waited for.
        """
        moves = 0
        while True:
            await self._replicas.wait_for_one(self._stopping)
            async with self._limiter.slots:
                await self._limiter.wait_for_turn(self._stopping)
                if self._stopping.is_set() or (self._budget is not None and self._budget.refuses()):
                    raise Interrupted
                replica = self._replicas.choose(but=but)
                if replica is None:
                    continue
                try:
                    return await self._ask(replica, body)
                except Unreachable as fault:
                    self._replicas.mark_down(replica, str(fault))
                except Passing:
                    if replica.up or moves == MOVES:
                        raise
                    moves += 1
                    self._tally.retries["moved"] += 1
                    self._note(Event(event="moved", model=self.name, url=replica.url))

    async def _ask(self, replica: Replica, body: bytes) -> list[Reply]:
        """Its replies; whether it gave some or none is told to those who judge its health."""
        sent_at = time.monotonic()
        traffic = self._tally.traffic[self.name, replica.label]
        try:
            replies = self._read(await self._send(replica, body, sent_at=sent_at), replica)
        except Passing as failure:
            traffic.count_fault(failure.fault.kind)
            if failure.fault.retry_after is None and failure.fault.kind != "rate_limited":
                self._replicas.count_failure(replica, sent_at=sent_at, why=failure.fault.message)
            raise
        except Unreachable:
            traffic.count_fault("unreachable")
            raise
        except RequestFailed as failure:
            traffic.count_fault(failure.kind)
            raise
        traffic.count_reply(time.monotonic() - sent_at)
        self._replicas.count_reply(replica, sent_at=sent_at)
        return replies

    async def _send(self, replica: Replica, body: bytes, *, sent_at: float) -> Answer:
        url = f"{replica.url}/chat/completions"
        self._replicas.begin(replica, now=sent_at)
        self._tally.sent[self.name].requests += 1
        self._tally.in_flight += 1
        self._limiter.count_send()
        hold = asyncio.timeout(None)
        replica.holds.add(hold)
        try:
            async with hold:
                answer = await self._exchange(url, body)
            if answer.status in OVERLOADED:
                self._limiter.count_overload(replica, sent_at=sent_at)
            elif answer.status == 200:
                self._limiter.count_reply(replica)
            return answer
        except TimedOut as fault:
            self._limiter.count_overload(replica, sent_at=sent_at)
            raise Passing(Fault("again", "timeout", str(fault)), replica) from fault
        except TooLarge as fault:
            raise Passing(Fault("again", "bad_reply", str(fault)), replica) from fault
        except Broken as fault:
            raise Passing(Fault("again", "connection", shorten(self._hide_key(str(fault)))), replica) from fault
        except TimeoutError as released:
            raise Passing(Fault("again", "timeout", "it stopped working on the request"), replica) from released
        finally:
            replica.holds.discard(hold)
            replica.in_flight -= 1
            self._tally.in_flight -= 1

    async def _exchange(self, url: str, body: bytes) -> Answer:
        limits = self.model.limits
        if self.model.stream:
            return await post_streamed(self._transport, url, body, self._headers, idle=limits.idle_timeout)
        return await self._transport.post(url, body, self._headers, seconds=limits.timeout)

    def _read(self, answer: Answer, replica: Replica) -> list[Reply]:
        if answer.status != 200:
            raise self._refuse(classify(answer.status, answer.body, answer.headers), replica)
        try:
            replies = decode_replies(answer.body, max_tokens=self.model.sampling.max_tokens)
        except BadReply as error:
            start = shorten(self._hide_key(answer.body[:2000].decode(errors="replace")), limit=80)
            raise Passing(Fault("again", "bad_reply", f"{error}: {start}"), replica) from error
        for reply in replies:
            self._tally.count_reply(self.name, reply)
        return replies

    def _refuse(self, fault: Fault, replica: Replica) -> OvltError | Passing:
        message = shorten(self._hide_key(fault.message))
        if fault.family == "stop":
            return EndpointStop(f"models.{self.name}: {replica.url}: {message}. {self._advise(fault.kind)}")
        if fault.family == "row":
            return RequestFailed(message, kind=fault.kind, lasting=True, endpoint=replica.url, attempts=1)
        return Passing(Fault("again", fault.kind, message, fault.retry_after), replica)

    def _hide_key(self, text: str) -> str:
        """A server may quote the key that it was sent. Hidden before text is shortened: half a key is a secret too."""
        return text.replace(self._api_key, "[key]") if self._api_key else text

    def _give_up(self, last: Passing) -> OvltError:
        kind, attempts = last.fault.kind, self.model.limits.attempts
        if kind == "bad_reply" and not self._replicas.proven:
            return EndpointStop(
                f"models.{self.name}: {last.replica.url}: {last.fault.message}. Nothing there has answered as an "
                "OpenAI-compatible endpoint yet: check the URL, which usually ends in /v1."
            )
        message = f"{last.fault.message} ({attempts} attempts)"
        return RequestFailed(message, kind=kind, lasting=False, endpoint=last.replica.url, attempts=attempts)

    def _advise(self, kind: str) -> str:
        if kind == "no_model":
            return f"It was asked for {self.model.model!r}: compare with the names under /models there."
        if kind == "no_access":
            variable = self.model.api_key_env
            return (
                f"Check the key in {variable}." if variable else "Name the key's environment variable in api_key_env."
            )
        return ""

    async def _sleep(self, seconds: float) -> None:
        self._backing_off += 1
        try:
            await wait_for_any(self._stopping, seconds=seconds)
        finally:
            self._backing_off -= 1

    def _note_retry(self, state: RetryCallState) -> None:
        failure = failure_of(state)
        fault, seconds = failure.fault, round(state.upcoming_sleep, 3)
        self._tally.retries[fault.kind] += 1
        retry = Event(event="retry", model=self.name, url=failure.replica.url, kind=fault.kind, why=fault.message)
        self._note(replace(retry, attempt=state.attempt_number, seconds=seconds))


def _make_headers(model: Model, api_key: str | None) -> Mapping[str, str]:
    headers = {"Content-Type": "application/json", **model.extra_headers}
    return headers | {"Authorization": f"Bearer {api_key}"} if api_key else headers
