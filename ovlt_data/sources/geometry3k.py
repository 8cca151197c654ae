"""Geometry3K as InterGPS publishes it, a folder for each split with a folder for each problem; or the Hub's copy.

    train/11/data.json           text, four choices, the right one's letter
    train/11/img_diagram.png     the figure
    hiyouga/geometry3k           images, problem (<image> first), answer: the right choice's value; later also choices

`path` may also be the folder of one split.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.hub import is_copy, read_copy
from ovlt_data.sources.place import find_split, natural_order
from ovlt_data.sources.rows import Row, convert, decode, pictures
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "{train,val,test}/<id>/{data.json,img_diagram.png}; or the Hub's hiyouga/geometry3k"


class _Row(Struct, frozen=True):
    problem_text: str
    choices: tuple[str, ...]
    answer: str = ""
    unit: str = ""


class _Copy(Struct, frozen=True):
    problem: str
    answer: str
    images: Any = None
    choices: tuple[str, ...] | None = None
    id: str | int | None = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    return read_copy(spec, _draft_copy, layout=LAYOUT) if is_copy(spec) else _read_official(spec)


def _read_official(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    split = find_split(spec, default="train", holds="*/data.json", layout=LAYOUT)
    problems = sorted((folder for folder in split.iterdir() if folder.is_dir()), key=natural_order)
    for folder in problems:
        yield draft_or_unusable(_draft, folder, source=spec.source, origin=folder.name)


def _draft(folder: Path) -> Draft:
    file = folder / "data.json"
    if not file.is_file():
        raise Unfit("bad_row", f"{file}: no such file")
    row = decode(file.read_bytes(), to=_Row, where=str(file))
    return Draft(
        origin=folder.name,
        question=row.problem_text,
        answer=row.answer,
        choices=row.choices,
        unit=row.unit,
        images=(f"{folder.name}/img_diagram.png",),
        folder=folder.parent,
    )


def _draft_copy(folder: Path | None, row: Row) -> Draft:
    copy = convert(row, to=_Copy)
    return Draft(
        origin=row.where if copy.id is None else str(copy.id),
        question=copy.problem,
        answer=copy.answer,
        choices=copy.choices or (),
        images=pictures(copy.images),
        folder=folder,
    )


SOURCE = Source(
    read=read,
    about="plane geometry with a figure and four choices (Lu et al. 2021, Inter-GPS)",
    licence="MIT",
    homepage="https://github.com/lupantech/InterGPS",
    layout=LAYOUT,
    citation="Lu et al., Inter-GPS: Interpretable Geometry Problem Solving with Formal Language and Symbolic "
    "Reasoning, ACL 2021, arXiv 2105.04165",
    size="3,002 problems: train 2,101, val 300, test 601",
    answer_types=("choice", "auto"),
    hub=True,
)
