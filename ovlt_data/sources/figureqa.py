"""FigureQA as Microsoft publishes it: a folder for each split, with all questions in one file.

    train1/qa_pairs.json         {"qa_pairs": [{question_string, question_id, image_index, answer: 1 | 0, …}]}
    train1/png/17.png            the figure with image_index 17

Answers are 1 and 0 for yes and no; the test splits have none. `path` may also be the folder of one split.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec import Raw, Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.place import find_split
from ovlt_data.sources.rows import decode, decode_file
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "{train1,validation1,validation2,sample_train1,…}/{qa_pairs.json,png/<image_index>.png}"


class _File(Struct, frozen=True):
    qa_pairs: tuple[Raw, ...]


class _Row(Struct, frozen=True):
    question_string: str
    image_index: int
    answer: Literal[0, 1] | None = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    folder = find_split(spec, default="train1", holds="qa_pairs.json", layout=LAYOUT)
    pairs = decode_file(folder / "qa_pairs.json", to=_File, expected='{"qa_pairs": [a row for each question]}').qa_pairs
    for number, pair in enumerate(pairs):
        make = partial(_draft, folder=folder, origin=str(number))
        yield draft_or_unusable(make, pair, source=spec.source, origin=str(number))


def _draft(pair: Raw, *, folder: Path, origin: str) -> Draft:
    row = decode(pair, to=_Row, where=f"question {origin}")
    if row.answer is None:
        raise Unfit("no_answer", "the row has no answer; FigureQA publishes none for its test splits")
    return Draft(
        origin=origin,
        question=row.question_string,
        answer="yes" if row.answer else "no",
        answer_type="yes_no",
        images=(f"png/{row.image_index}.png",),
        folder=folder,
    )


SOURCE = Source(
    read=read,
    about="yes or no about drawn charts: bars, pies, lines (Kahou et al. 2018)",
    licence="Maluuba's terms: non-commercial, no redistribution",
    redistribution=False,
    citation="Kahou et al., FigureQA: An Annotated Figure Dataset for Visual Reasoning, ICLR 2018 workshop, "
    "arXiv 1710.07300",
    size="train1 100,000 figures; validation1, validation2, test1, test2 20,000 each; the tests without answers",
    answer_types=("yes_no",),
    homepage="https://www.microsoft.com/en-us/research/project/figureqa-dataset/",
    layout=LAYOUT,
)
