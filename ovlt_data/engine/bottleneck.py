"""What limits a run now: a pure rule from measured figures to one word and its reason.

The first that holds rules, from what nothing else could help to what only the rows decide. A queue in the servers
comes before our CPU: while requests wait there, a quicker client would only wait longer.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

BUSY = 0.9
"""Share of one core: the interpreter's lock leaves us no second one."""
LATE = 0.1
"""Seconds that the event loop comes late to what is due."""
UNCOMMITTED = 2.0
"""Seconds that a reply waits for its commit; a healthy disk takes under half of one."""
IN_USE = 0.9
"""Share of the slots that are taken from which on it is these that hold requests back."""

Name = Literal["budget", "endpoint", "our limit", "our CPU", "disk", "source", "last rows"]


class Pressure(Struct, frozen=True, kw_only=True):
    """One model's endpoint: how full it is, and who says that it may not be fuller."""

    model: str
    taken: int = 0
    slots: int = 1
    auto: bool = True
    growing: bool = False
    """The limiter has not found the servers' limit yet."""
    queued: float = 0.0
    """Requests that wait inside the servers, where these show it."""
    paced: bool = False
    """Requests wait for their turn by the requests per minute."""
    up: bool = True
    """At least one replica is asked."""
    backing_off: int = 0
    """Requests that wait to be tried again."""

    @property
    def full(self) -> bool:
        return self.taken >= IN_USE * self.slots


class Snapshot(Struct, frozen=True, kw_only=True):
    """A run at one moment."""

    pressures: Sequence[Pressure] = ()
    budget: str = ""
    """The limit that was reached, in words."""
    cpu: float = 0.0
    """Seconds of CPU a second, over all our threads."""
    late: float = 0.0
    """Seconds that the event loop came late."""
    uncommitted: int = 0
    oldest: float = 0.0
    """Seconds since the oldest of the uncommitted replies arrived."""
    rows: int = 0
    """Being walked."""
    wanted: int = 0
    """Rows that the endpoints would take at once."""
    all_read: bool = False


class Limit(Struct, frozen=True):
    """What limits, and how that shows."""

    name: Name
    why: str

    def __str__(self) -> str:
        return f"{self.name} ({self.why})"


def what_limits(now: Snapshot) -> Limit:
    """The one thing to change for a quicker run."""
    if now.budget:
        return Limit("budget", now.budget)
    return _find_outage(now) or _find_ours(now) or _find_full(now) or _find_idle(now)


def _find_outage(now: Snapshot) -> Limit | None:
    """An endpoint that answers nobody, or has more than it can do."""
    for one in now.pressures:
        if not one.up:
            return Limit("endpoint", f"{one.model}: no replica answers")
        if one.full and one.queued:
            return Limit("endpoint", f"{one.model}: {one.queued:g} requests wait there")
    return None


def _find_ours(now: Snapshot) -> Limit | None:
    """This machine."""
    if now.cpu >= BUSY:
        return Limit("our CPU", f"{now.cpu:.0%} of a core")
    if now.late >= LATE:
        return Limit("our CPU", f"the event loop is {now.late:.1f} s late")
    if now.oldest >= UNCOMMITTED:
        return Limit("disk", f"{now.uncommitted} replies wait {now.oldest:.0f} s for their commit")
    return None


def _find_full(now: Snapshot) -> Limit | None:
    """An endpoint that is given no more, by a limit of ours or because it gets no quicker."""
    for one in now.pressures:
        if one.paced:
            return Limit("our limit", f"{one.model}: limits.rpm")
        if one.full and not one.auto:
            return Limit("our limit", f"{one.model}: limits.concurrency {one.slots}")
        if one.full and one.growing:
            return Limit("our limit", f"{one.model}: {one.slots} at once and growing")
        if one.full:
            return Limit("endpoint", f"{one.model}: more than {one.slots} at once bring no more replies")
    for one in now.pressures:
        if one.backing_off:
            return Limit("endpoint", f"{one.model}: {one.backing_off} requests wait to be tried again")
    return None


def _find_idle(now: Snapshot) -> Limit:
    """Endpoints that would take more."""
    if now.all_read:
        return Limit("last rows", f"{now.rows} to go")
    if now.rows < now.wanted:
        return Limit("source", f"{now.rows} rows are at hand, {now.wanted} would be taken")
    return Limit("our CPU", "rows wait for pictures or verdicts")
