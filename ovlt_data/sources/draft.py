"""What a source's reader says of one row, before pictures are hashed and an id is given.

A reader knows its own layout and nothing else: a draft's gold may be a letter or a choice's text, its pictures are
still names or bytes that nobody has opened. `ovlt_data.sources.problem` makes problems of drafts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from ovlt_data.errors import RowError
from ovlt_data.types import AnswerType, Unusable

Row = TypeVar("Row")

FAULTS = frozenset({"bad_image", "bad_row"})
"""Reasons that are faults of the files; the other ones tell of rows that were read well and are no problems for us."""


class Draft(Struct, frozen=True, kw_only=True):
    """One row, as its source has it."""

    origin: str
    """The row's own name in its source, such as a file's number; what a person would look it up by."""
    question: str
    answer: str | int
    """The gold; empty when the row has none. With choices: the right one's letter, its text, or its 0-based index."""
    answer_type: AnswerType = "auto"
    choices: tuple[str, ...] = ()
    unit: str = ""
    precision: int | None = None
    answers: tuple[str, ...] = ()
    images: tuple[str | bytes, ...] = ()
    """Names of files inside `folder`, just as the row states them, or the bytes of pictures that it carries itself."""
    version: str = ""
    """What tells rows apart that ask the same and are to count each; their ids differ by it."""
    categories: tuple[str, ...] = ()
    """How a benchmark files it, as `task: geometry`; no part of its id."""
    folder: Path | None = None
    """Where named pictures stand. Whether a name stays inside is checked once, for all sources, where it is opened."""


class Unfit(RowError):
    """A row that no problem can be made of; `kind` is the reason that the funnel counts by."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def draft_or_unusable(make: Callable[[Row], Draft], row: Row, *, source: str, origin: str) -> Draft | Unusable:
    """A draft of the row, or the reason why there is none."""
    try:
        return make(row)
    except RowError as error:
        return as_unusable(error, source=source, origin=origin)


def as_unusable(error: RowError, *, source: str, origin: str) -> Unusable:
    message = mend(str(error))
    return Unusable(source=source, origin=mend(origin), reason=error.kind, message=message, failed=error.kind in FAULTS)


def mend(text: str) -> str:
    """Half characters, which no file could hold, become question marks."""
    return text.encode(errors="replace").decode()
