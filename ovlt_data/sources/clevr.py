"""CLEVR as its makers publish it: one file of questions and one folder of pictures for each split.

    questions/CLEVR_val_questions.json      {"questions": [{image_filename, question, answer, question_index, …}]}
    images/val/CLEVR_val_000013.png

Answers are texts (yes, no, 3, rubber); in files fresh from the generator booleans and numbers. The test split has none.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from msgspec import Raw, Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, draft_or_unusable
from ovlt_data.sources.gold import write_gold
from ovlt_data.sources.place import local_path, wrong_layout
from ovlt_data.sources.rows import decode, decode_file
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "questions/CLEVR_{train,val,…}_questions.json and images/{train,val,…}/<image_filename>"


class Questions(Struct, frozen=True):
    questions: tuple[Raw, ...]


class Question(Struct, frozen=True):
    """CLEVR's, and that of the sets that its generator made."""

    question: str
    image_filename: str
    answer: str | int | float | bool | None = None
    split: str = ""


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    path = local_path(spec, expected=f"a folder with {LAYOUT}")
    split = spec.split or "train"
    file = path / "questions" / f"CLEVR_{split}_questions.json"
    if not file.is_file():
        there = ", ".join(sorted(file.name for file in path.glob("questions/*.json"))) or "none"
        raise wrong_layout(spec, path, expected=f"questions/{file.name} of {LAYOUT}; files there: {there}")
    for number, data in enumerate(decode_file(file, to=Questions, expected="CLEVR's questions").questions):
        make = partial(draft_question, origin=str(number), pictures=f"images/{split}", folder=path)
        yield draft_or_unusable(make, data, source=spec.source, origin=str(number))


def draft_question(data: Raw, *, origin: str, pictures: str, folder: Path) -> Draft:
    row = decode(data, to=Question, where=f"question {origin}")
    answer = write_gold(row.answer)
    return Draft(
        origin=origin,
        question=row.question,
        answer=answer,
        answer_type="integer" if answer.isdecimal() else "text",
        images=(f"{pictures}/{row.image_filename}",),
        folder=folder,
    )


SOURCE = Source(
    read=read,
    about="counts, comparisons and attributes in rendered scenes (Johnson et al. 2017)",
    licence="CC BY 4.0",
    citation="Johnson et al., CLEVR: A Diagnostic Dataset for Compositional Language and Elementary Visual Reasoning, "
    "CVPR 2017, arXiv 1612.06890",
    size="train 700,000 questions on 70,000 pictures; val and test 150,000 on 15,000 each; test without answers",
    answer_types=("yes_no", "integer", "text"),
    homepage="https://cs.stanford.edu/people/jcjohns/clevr/",
    layout=LAYOUT,
)
