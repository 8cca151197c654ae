"""The Cauldron's form, from disk or from the Hub: pictures, and all questions about them in one row.

    {images: [picture], texts: [{user, assistant, source}]}

Each turn is a problem, called `row 5#2`. Most subsets state their gold, by letter or as a capitalised sentence. MapQA
joins several by commas; ScienceQA puts a lecture before the question, and TabMWP has worked solutions without a stated
answer, which no gold can be taken from.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from ovlt_data.errors import RowError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import hub
from ovlt_data.sources.conversation import stated_answer, take_apart
from ovlt_data.sources.draft import Draft, Unfit, as_unusable, draft_or_unusable
from ovlt_data.sources.rows import Row, convert, pictures
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "rows of images, texts in Parquet (a file, a folder, a folder for each config)"

_LECTURE = re.compile(r"\ALecture: .*?\n(?=Question: )", re.DOTALL)
_WITHOUT_GOLD = frozenset({"TabMWP"})
_SEVERAL = re.compile(r",\s+")


class _Turn(Struct, frozen=True):
    user: str
    assistant: str
    source: str = ""


class _Row(Struct, frozen=True):
    texts: tuple[_Turn, ...]
    images: Any = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    rows, folder = hub.open_rows(spec, layout=LAYOUT)
    for row in rows:
        yield from _read_row(row, source=spec.source, folder=folder)


def _read_row(row: Row, *, source: str, folder: Path | None) -> Iterator[Draft | Unusable]:
    try:
        values = convert(row, to=_Row)
        images = pictures(values.images)
    except RowError as error:
        yield as_unusable(error, source=source, origin=row.where)
        return
    for number, turn in enumerate(values.texts, 1):
        origin = f"{row.where}#{number}"
        make = partial(_draft, origin=origin, images=images, folder=folder)
        yield draft_or_unusable(make, turn, source=source, origin=origin)


def _draft(turn: _Turn, *, origin: str, images: tuple[str | bytes, ...], folder: Path | None) -> Draft:
    if turn.source in _WITHOUT_GOLD:
        raise Unfit("no_answer", f"{turn.source} states no answer in this copy; read it from its own files")
    asked = take_apart(_LECTURE.sub("", turn.user))
    answer = stated_answer(turn.assistant)
    return Draft(
        origin=origin,
        question=asked.question,
        answer=answer,
        answer_type="set" if turn.source == "MapQA" and _SEVERAL.search(answer) else "auto",
        choices=asked.choices,
        images=images,
        folder=folder,
    )


SOURCE = Source(
    read=read,
    about="conversations about pictures, as in The Cauldron (Laurençon et al. 2024), from disk or from the Hub",
    licence="of each subset",
    citation="Laurençon et al., What matters when building vision-language models?, arXiv 2405.02246; and each "
    "subset's own",
    size="of each subset",
    homepage="https://huggingface.co/datasets/HuggingFaceM4/the_cauldron",
    layout=LAYOUT,
    hub=True,
)
