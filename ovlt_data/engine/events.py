"""events.jsonl: what happened to a run besides rows, one JSON object a line: why it took so long, asked later.

The events and what they say: docs/metrics.md. What repeats itself (one event of one model, URL and kind) is written
at once when it is new, and then counted for SETTLE_EVERY seconds, so that a run of days has a file of megabytes.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

EVENTS_FILE = "events.jsonl"
SETTLE_EVERY = 30.0
"""Seconds for which what repeats itself is counted."""

Name = Literal[
    "start",
    "resume",
    "retry",
    "moved",
    "limit",
    "down",
    "eject",
    "up",
    "wait",
    "join",
    "leave",
    "roster",
    "budget",
    "end",
]


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line; what is empty is left out."""

    time: str = ""
    """When it was written, UTC."""
    event: Name
    model: str = ""
    url: str = ""
    """Of the replica."""
    kind: str = ""
    """Of a fault."""
    why: str = ""
    """Of the last of those that were counted."""
    count: int = 1
    """Times it happened since the last line of its kind."""
    attempt: int | None = None
    seconds: float | None = None
    """Until it is tried again, is asked again, or is given up; of `end`: that the call took."""
    slots: int | None = None
    """Requests at once from now on."""
    state: str = ""
    """At the end, as run.json names it."""
    requests: int | None = None
    recipe: str = ""


class Note(Protocol):
    """Takes events in."""

    def __call__(self, event: Event, /) -> None: ...

    def settle(self) -> None:
        """Write what was counted long enough."""
        ...


@contextmanager
def write_events(folder: Path) -> Generator[Note]:
    """Append to the folder's events while the block runs."""
    with (folder / EVENTS_FILE).open("ab", buffering=0) as file:
        events = _Events(file)
        try:
            yield events
        finally:
            events.settle(within=0.0)


class _Events:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._counted: dict[tuple[str, ...], tuple[float, Event | None]] = {}
        """By what makes two events one: since when, and what is counted since."""

    def __call__(self, event: Event, /) -> None:
        self.settle(within=0.0 if event.event == "end" else SETTLE_EVERY)
        same = (event.event, event.model, event.url, event.kind)
        if same not in self._counted:
            self._counted[same] = (time.monotonic(), None)
            self._write(event)
            return
        since, counted = self._counted[same]
        self._counted[same] = (since, replace(event, count=counted.count + 1 if counted else 1))

    def settle(self, *, within: float = SETTLE_EVERY) -> None:
        now = time.monotonic()
        for same, (since, counted) in list(self._counted.items()):
            if now - since < within:
                continue
            del self._counted[same]
            if counted is not None:
                self._counted[same] = (now, None)
                self._write(counted)

    def _write(self, event: Event) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._file.write(msgspec.json.encode(replace(event, time=now)) + b"\n")


class _NoteNothing:
    def __call__(self, event: Event, /) -> None:
        pass

    def settle(self) -> None:
        pass


note_nothing: Note = _NoteNothing()
"""For an endpoint that no run asks."""
