"""events.jsonl: what happened to a run besides rows, one JSON object a line: why it took so long, asked later.

Events: `start` and `resume` · `retry` · `down`, `eject`, `up`, `join` and `leave` of a replica · `end`, with the state
that run.json names.
"""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

EVENTS_FILE = "events.jsonl"


class Note(Protocol):
    def __call__(self, event: str, /, **facts: object) -> None: ...


@contextmanager
def write_events(folder: Path) -> Generator[Note]:
    """Append to the folder's events while the block runs; every line is there at once."""
    with (folder / EVENTS_FILE).open("ab", buffering=0) as file:

        def note(event: str, /, **facts: object) -> None:
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            file.write(msgspec.json.encode({"time": time, "event": event, **facts}) + b"\n")

        yield note


def note_nothing(event: str, /, **facts: object) -> None:
    """For an endpoint that no run asks."""
