"""AI2D: school diagrams with four choices; from its own files or the copy on the Hub.

    questions/1129.png.json     {imageName, questions: {text: {abcLabel, answerTexts, correctAnswer, questionId}}}
    images/1129.png             the diagram
    lmms-lab/ai2d               question, options, answer (index from 0, as a text), image

The answer counts choices from 0. A question with `abcLabel` speaks of letters that stand in another version of the
picture, in which they replace the labels: nobody can answer it from this one.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Raw, Struct

from ovlt_data.errors import RowError, UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, as_unusable, draft_or_unusable
from ovlt_data.sources.hub import is_copy, read_copy
from ovlt_data.sources.place import local_path, natural_order, wrong_layout
from ovlt_data.sources.rows import Row, convert, decode, pictures
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "{questions/<n>.png.json,images/<n>.png}; or the Hub's lmms-lab/ai2d"


class _File(Struct, frozen=True):
    imageName: str  # noqa: N815 (AI2D's own names)
    questions: dict[str, Raw]


class _Question(Struct, frozen=True):
    answerTexts: tuple[str, ...]  # noqa: N815
    correctAnswer: int  # noqa: N815
    questionId: str = ""  # noqa: N815
    abcLabel: bool = False  # noqa: N815


class _Copy(Struct, frozen=True):
    question: str
    options: tuple[str, ...]
    answer: str | int
    image: Any


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    return read_copy(spec, _draft_copy, layout=LAYOUT) if is_copy(spec) else _read_official(spec)


def _read_official(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    path = local_path(spec, expected=f"a folder with {LAYOUT}")
    if spec.split:
        raise UsageError(f"source {spec.source}: split {spec.split}: AI2D's own files have no splits")
    files = sorted(path.glob("questions/*.json"), key=natural_order)
    if not files:
        raise wrong_layout(spec, path, expected=LAYOUT)
    for file in files:
        yield from _read_file(file, path, source=spec.source)


def _read_file(file: Path, folder: Path, *, source: str) -> Iterator[Draft | Unusable]:
    try:
        asked = decode(file.read_bytes(), to=_File, where=str(file))
    except RowError as error:
        yield as_unusable(error, source=source, origin=file.name)
        return
    for text, data in asked.questions.items():
        make = partial(_draft_official, question=text, picture=asked.imageName, folder=folder)
        yield draft_or_unusable(make, data, source=source, origin=f"{asked.imageName} {text}")


def _draft_official(data: Raw, *, question: str, picture: str, folder: Path) -> Draft:
    row = decode(data, to=_Question, where=f"{picture} {question}")
    if row.abcLabel:
        raise Unfit("letters_not_in_picture", "abcLabel: it asks about letters that only another version shows")
    return Draft(
        origin=row.questionId or f"{picture} {question}",
        question=question,
        answer=row.correctAnswer,
        choices=row.answerTexts,
        images=(f"images/{picture}",),
        folder=folder,
    )


def _draft_copy(folder: Path | None, row: Row) -> Draft:
    copy = convert(row, to=_Copy)
    if isinstance(copy.answer, str) and not copy.answer.isdecimal():
        raise Unfit("bad_row", f"answer {copy.answer!r}: expected the index of an option, from 0")
    return Draft(
        origin=row.where,
        question=copy.question,
        answer=int(copy.answer),
        choices=copy.options,
        images=pictures(copy.image),
        folder=folder,
    )


SOURCE = Source(
    read=read,
    about="diagrams of school science with four choices (Kembhavi et al. 2016)",
    licence="CC BY-SA 4.0 as commonly cited; no licence file seen",
    citation="Kembhavi et al., A Diagram Is Worth A Dozen Images, ECCV 2016, arXiv 1603.07396",
    size="4,903 diagrams with over 15,000 questions; the Hub's copy has the test split, 3,088",
    answer_types=("choice",),
    homepage="https://prior.allenai.org/projects/diagram-understanding",
    layout=LAYOUT,
    hub=True,
)
