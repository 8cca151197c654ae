"""events.jsonl: what is new at once, what repeats itself counted."""

from pathlib import Path

import msgspec
import pytest

from ovlt_data.engine import events
from ovlt_data.engine.events import EVENTS_FILE, Event, write_events

RETRY = Event(event="retry", model="m", url="http://a/v1", kind="timeout", why="slow")


def read(folder: Path) -> list[Event]:
    lines = (folder / EVENTS_FILE).read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Event) for line in lines]


def test_retries_of_days_are_two_lines_and_none_is_lost(tmp_path: Path) -> None:
    with write_events(tmp_path) as note:
        for _ in range(1000):
            note(RETRY)
    assert [event.count for event in read(tmp_path)] == [1, 999]


def test_each_replica_and_kind_is_counted_for_itself(tmp_path: Path) -> None:
    with write_events(tmp_path) as note:
        for url in ("http://a/v1", "http://b/v1"):
            for kind in ("timeout", "connection"):
                note(msgspec.structs.replace(RETRY, url=url, kind=kind))
    assert len({(event.url, event.kind) for event in read(tmp_path)}) == 4


def test_what_was_counted_long_enough_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SETTLE_EVERY", 0.0)
    with write_events(tmp_path) as note:
        note(RETRY)
        note(RETRY)
        assert [event.count for event in read(tmp_path)] == [1, 1]


def test_the_end_comes_after_all_that_was_counted(tmp_path: Path) -> None:
    with write_events(tmp_path) as note:
        for event in (RETRY, RETRY, Event(event="end", state="done", seconds=2.0)):
            note(event)
    assert [event.event for event in read(tmp_path)] == ["retry", "retry", "end"]
    assert all(event.time for event in read(tmp_path))
