"""Failures that trying again can't help, remembered by request from the moment they happen.

Tables are written in large parts and a killed run leaves none of its last ones, so these stand in a file of their own,
a line each: what is refused for good is not paid for again.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from ovlt_data.errors import RowError
from ovlt_data.types import Failure

LASTING_FILE = "lasting.jsonl"


def read_lasting(folders: Iterable[Path], *, retry: frozenset[str]) -> dict[str, RowError]:
    """Errors by request key, without kinds that are to be tried again; lines that a crash cut off are passed over."""
    lines = [line for folder in folders for line in _lines(folder)]
    refused = {failure.request_key: failure for failure in map(_read, lines) if failure and failure.kind not in retry}
    return {key: _as_error(failure) for key, failure in refused.items()}


class LastingFailures:
    """Adds to a run's file; a request is written once."""

    def __init__(self, folder: Path, known: Iterable[str]) -> None:
        self._path = folder / LASTING_FILE
        self._known = set(known)

    def add(self, failure: Failure) -> None:
        """Only of requests that were sent: a picture that can't be read is looked at again, which costs nothing."""
        if not failure.lasting or not failure.request_key or failure.request_key in self._known:
            return
        self._known.add(failure.request_key)
        with self._path.open("ab") as file:
            file.write(b"\n" + msgspec.json.encode(failure))  # the line before may have been cut off


def _lines(folder: Path) -> list[bytes]:
    path = folder / LASTING_FILE
    return path.read_bytes().splitlines() if path.exists() else []


def _read(line: bytes) -> Failure | None:
    try:
        return msgspec.json.decode(line, type=Failure)
    except msgspec.DecodeError:
        return None


def _as_error(failure: Failure) -> RowError:
    error = RowError(failure.message)
    error.kind, error.endpoint, error.attempts = failure.kind, failure.endpoint, failure.attempts
    error.request_key = failure.request_key
    return error
