"""How many requests a replica is given at once, for `concurrency: auto`: pure rules from what was seen to a new limit.

A server that shows its queue (vLLM's /metrics) is kept just over full: a few requests wait there, so that a slot that
falls free is taken within one step, and no more, since a longer queue only moves the waiting. Another one is found
out: the limit doubles while twice as many requests bring more replies a second, grows slowly after the first refusal,
and is halved by every further one (additive increase, multiplicative decrease).
"""

import re

from msgspec import Struct
from msgspec.structs import replace

FIRST, MOST = 32, 1024
"""Requests in flight per replica: at the start, and at most."""
WANTED_WAITING, MOST_WAITING = 8, 16
"""Requests in a server's queue: what a cut aims at, and what is still left alone."""
IN_USE = 0.9
"""Share of a limit in flight from which on it is the limit that holds requests back."""
WORTHWHILE = 1.2
"""Times the replies a second that twice the requests must bring, to be more than a longer wait."""

_LOAD = re.compile(r"^vllm:num_requests_(running|waiting)(?:\{.*\})? (\S+)$", re.MULTILINE)


class Load(Struct, frozen=True):
    """What a server says of itself, over all its engines."""

    running: float
    waiting: float


class Level(Struct, frozen=True):
    """A replica's limit, and what the next decision needs to know."""

    limit: int = FIRST
    ease: int = 3
    """Each time in a row that the limit proved too low doubles the step: an eighth of it, …, from 3 on all of it."""
    cut_at: float = 0.0
    """When it was last halved: requests that had been sent before say nothing of the new limit."""
    running: float = 0.0
    """Of the last look at the server."""
    replies: int = 0
    """Since the limit last changed; the first turnover is of requests from before."""
    since: float = 0.0
    """When the second turnover began."""
    proven: int = FIRST
    """The limit at which `rate` was measured."""
    rate: float = 0.0
    """Replies a second; 0 where none was measured yet."""


def read_load(text: str) -> Load | None:
    """The load in Prometheus text; None where it is not vLLM's."""
    found: dict[str, float] = {}
    for name, value in _LOAD.findall(text):
        found[name] = found.get(name, 0.0) + float(value)
    return Load(**found) if len(found) == 2 else None


def follow_queue(level: Level, load: Load, *, in_flight: int) -> Level:
    """After a look at the server: grow where nothing waits there, cut where too much does."""
    before = level.running
    level = replace(level, running=load.running, replies=0, rate=0.0)
    if load.waiting == 0:
        return _grow(level) if _in_use(level, in_flight) else level
    if load.running == 0 or load.running > before:
        return level  # it is still taking in, prompt by prompt, what the last step brought
    if load.waiting <= MOST_WAITING:
        return replace(level, ease=0)
    share = (load.running + WANTED_WAITING) / (load.running + load.waiting)
    # A share, since a request may be several sequences there, and the queue may be others' too.
    return replace(level, limit=max(1, level.limit // 2, min(level.limit, round(in_flight * share))), ease=0)


def count_reply(level: Level, *, in_flight: int, now: float) -> Level:
    """After a reply of a server that shows no queue: two turnovers at one limit, then the next."""
    replies = level.replies + 1
    if replies <= level.limit:
        return replace(level, replies=replies, since=now)
    level = replace(level, replies=replies)
    if replies < 2 * level.limit or not _in_use(level, in_flight):
        return level
    return _weigh(level, rate=(replies - level.limit) / max(now - level.since, 1e-6))


def back_off(level: Level, *, sent_at: float, now: float) -> Level:
    """After a 429, 503, 529 or time-out: half, once for all that were in flight together."""
    if sent_at < level.cut_at:
        return level
    half = max(1, level.limit // 2)
    return replace(level, limit=half, ease=0, cut_at=now, replies=0, proven=half, rate=0.0)


def is_growing(level: Level) -> bool:
    """Nothing has spoken against more requests yet, and more are allowed."""
    return level.ease >= 3 and level.limit < MOST


def _weigh(level: Level, *, rate: float) -> Level:
    """Grow, unless the last doubling was for nothing: then it is taken back, to be tried again slowly."""
    if level.rate == 0.0:
        level = replace(level, proven=level.limit, rate=rate)
    elif level.limit >= 2 * level.proven:
        if rate < WORTHWHILE * level.rate:
            return replace(level, limit=level.proven, ease=0, replies=0, rate=0.0)
        level = replace(level, proven=level.limit, rate=rate)
    grown = _grow(level)
    return grown if level.ease >= 3 else replace(grown, ease=0)


def _grow(level: Level) -> Level:
    step = max(1, level.limit * 2 ** min(level.ease, 3) // 8)
    return replace(level, limit=min(MOST, level.limit + step), ease=level.ease + 1, replies=0)


def _in_use(level: Level, in_flight: int) -> bool:
    return in_flight >= IN_USE * level.limit
