"""Which replica is well: pure rules from what was seen of it, and when, to whether it is asked.

A replica is left out when requests fail on it in a row, or nothing moves in it, while another one does well: where
all do badly, leaving one out helps nobody. It comes back on probation, a few requests at once that grow with its
replies; a failure there leaves it out for twice as long.
"""

import re

from msgspec import Struct
from msgspec.structs import replace

FAILURES = 5
"""In a row; more than what one broken connection or one poisoned row brings about."""
STALL = 60.0
"""Seconds without a sign of life, with requests in flight: the longest step of a vLLM takes less."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds left out; doubled each time, until a probation is passed."""
FIRST_TRIAL, PASSED_TRIAL = 4, 16
"""Requests at once at the start of a probation, and those at which it is over."""
SMOOTHING = 0.1
"""Weight of the newest reply in the latency."""

_TOKENS = re.compile(r"^vllm:(?:generation|prompt)_tokens_total(?:\{.*\})? (\S+)$", re.MULTILINE)


class Health(Struct, frozen=True):
    """What was seen of one replica; times are of a monotonic clock, in seconds."""

    failed: int = 0
    """Requests in a row."""
    failing_since: float = 0.0
    alive_at: float = 0.0
    """When it last replied, or was seen to move, or got a request while it had none."""
    tokens: float | None = None
    """Of its counters, at the last look; None where it shows none."""
    latency: float = 0.0
    """Seconds from a request to its reply, smoothed; 0 before the first."""
    pauses: int = 0
    """Times left out since it last was well."""
    trial: int = 0
    """Requests at once that it is trusted with on probation; 0 where it is on none."""
    back_at: float = 0.0
    """When it was last let in: a failure of a request sent before says nothing new."""


def read_tokens(text: str) -> float | None:
    """Tokens read and written so far, in vLLM's Prometheus text; None where it is not vLLM's."""
    found = [float(value) for value in _TOKENS.findall(text)]
    return sum(found) if found else None


def count_reply(health: Health, *, seconds: float, now: float) -> Health:
    latency = health.latency + SMOOTHING * (seconds - health.latency) if health.latency else seconds
    health = replace(health, failed=0, alive_at=now, latency=latency)
    if not health.trial:
        return health
    passed = health.trial + 1 >= PASSED_TRIAL
    return replace(health, trial=0, pauses=0) if passed else replace(health, trial=health.trial + 1)


def count_failure(health: Health, *, sent_at: float, now: float) -> Health:
    if sent_at < health.back_at:
        return health
    since = health.failing_since if health.failed else now
    return replace(health, failed=health.failed + 1, failing_since=since)


def count_look(health: Health, *, tokens: float | None, now: float) -> Health:
    """After a look that was answered: a counter must have moved, where there is one."""
    if tokens is not None and tokens == health.tokens:
        return health
    return replace(health, tokens=tokens, alive_at=now)


def fails(health: Health) -> bool:
    return health.failed >= (1 if health.trial else FAILURES)


def stalls(health: Health, *, in_flight: int, now: float) -> bool:
    return in_flight > 0 and now - health.alive_at >= STALL


def does_well(health: Health, *, in_flight: int, since: float) -> bool:
    """Whether it is one that can stand in: nothing failed on it last, and it has moved, or had nothing to do."""
    return health.failed == 0 and (in_flight == 0 or health.alive_at >= since)


def leave_out(health: Health) -> Health:
    return replace(health, failed=0, trial=0, pauses=health.pauses + 1)


def pause(health: Health) -> float:
    """Seconds for which one that was left out is not asked."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(health.pauses - 1, 20))


def let_in(health: Health, *, now: float) -> Health:
    """Back among those that are asked; on probation if it was left out for how it did."""
    return replace(health, trial=FIRST_TRIAL if health.pauses else 0, failed=0, back_at=now, alive_at=now)
