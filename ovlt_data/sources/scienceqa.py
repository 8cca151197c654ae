"""ScienceQA, with and without pictures; from its own files or the copies on the Hub.

    problems.json               {"46": {question, choices, answer: index from 0, hint, image: name | null, split}}
    images/test/46/image.png
    derek-thomas/ScienceQA      the same fields with the picture itself, as lmms-lab/ScienceQA

The hint holds what the question is about, and is asked with it. A row that names no picture is a text problem.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Raw, Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.hub import is_copy, read_copy
from ovlt_data.sources.place import local_path, wrong_layout
from ovlt_data.sources.rows import Row, convert, decode, decode_file, pictures
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "problems.json and images/{train,val,test}/<id>/image.png; or the Hub's derek-thomas/ScienceQA"


class _Problem(Struct, frozen=True):
    question: str
    choices: tuple[str, ...]
    answer: int
    hint: str | None = None
    image: Any = None


class _Split(Struct, frozen=True):
    split: str = ""


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    return read_copy(spec, _draft_copy, layout=LAYOUT) if is_copy(spec) else _read_official(spec)


def _read_official(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    path, split = local_path(spec, expected=f"a folder with {LAYOUT}"), spec.split or "train"
    file = path / "problems.json"
    if not file.is_file():
        raise wrong_layout(spec, path, expected=LAYOUT)
    for name, data in decode_file(file, to=dict[str, Raw], expected="one object with a problem for each id").items():
        if _is_of_split(data, split):
            make = partial(_draft_official, name=name, split=split, folder=path)
            yield draft_or_unusable(make, data, source=spec.source, origin=name)


def _is_of_split(data: Raw, split: str) -> bool:
    """Broken rows belong to every split, so that they are reported."""
    try:
        return decode(data, to=_Split, where="").split == split
    except Unfit:
        return True


def _draft_official(data: Raw, *, name: str, split: str, folder: Path) -> Draft:
    row = decode(data, to=_Problem, where=f"problem {name}")
    images = tuple(f"images/{split}/{name}/{image}" for image in pictures(row.image))
    return _draft(row, origin=name, images=images, folder=folder)


def _draft_copy(folder: Path | None, row: Row) -> Draft:
    problem = convert(row, to=_Problem)
    return _draft(problem, origin=row.where, images=pictures(problem.image), folder=folder)


def _draft(row: _Problem, *, origin: str, images: tuple[str | bytes, ...], folder: Path | None) -> Draft:
    return Draft(
        origin=origin,
        question=f"{row.hint.strip()}\n{row.question}" if row.hint and row.hint.strip() else row.question,
        answer=row.answer,
        choices=row.choices,
        images=images,
        folder=folder,
    )


SOURCE = Source(
    read=read,
    about="school science with choices, about half with a picture (Lu et al. 2022)",
    licence="CC BY-NC-SA 4.0",
    citation="Lu et al., Learn to Explain: Multimodal Reasoning via Thought Chains for Science Question Answering, "
    "NeurIPS 2022, arXiv 2209.09513",
    size="21,208 problems: train 12,726, val 4,241, test 4,241",
    answer_types=("choice",),
    homepage="https://scienceqa.github.io",
    layout=LAYOUT,
    hub=True,
)
