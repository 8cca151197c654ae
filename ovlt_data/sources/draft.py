"""What a source's reader says of one row, before pictures are hashed and an id is given.

A reader knows its own layout and nothing else: a draft's gold may be a letter or a choice's text, its pictures are
still files or bytes that nobody has opened. `ovlt_data.sources.read_source` makes problems of drafts.
"""

from pathlib import Path

from msgspec import Struct

from ovlt_data.types import AnswerType


class Draft(Struct, frozen=True, kw_only=True):
    """One row, as its source has it."""

    origin: str
    """The row's own name in its source, such as a file's number; what a person would look it up by."""
    question: str
    """Without image markers and without the choices."""
    answer: str
    """The gold. With choices: the letter, or the text of one of the choices. Empty when the row has none."""
    answer_type: AnswerType = "auto"
    choices: tuple[str, ...] = ()
    unit: str = ""
    precision: int | None = None
    answers: tuple[str, ...] = ()
    images: tuple[str | bytes, ...] = ()
    """Names of files inside `folder`, just as the row states them, or the bytes of pictures that it carries itself."""
    folder: Path = Path()
    """Where named pictures stand. Whether a name stays inside is checked once, for all sources, where it is opened."""
