"""VizWiz-VQA: blind people's pictures and questions, ten answers each; from its own files or the copy on the Hub.

    Annotations/val.json              [{image, question, answers: [{answer, answer_confidence}], answerable, …}]
    val/VizWiz_val_00000042.jpg
    lmms-lab/VizWiz-VQA               question_id, image, question, answers (texts), category

Questions that the crowd found unanswerable from their picture, or answered in ten ways, are no problems. Of the others
the gold is the most frequent answer that says something, and all ten are kept for the benchmark's accuracy; a lone
answer is an ordinary gold. The test splits have none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Raw, Struct

from ovlt_data.answers.vqa import ENOUGH, vqa_accuracy
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.hub import is_copy, read_copy
from ovlt_data.sources.place import local_path, wrong_layout
from ovlt_data.sources.rows import Row, convert, decode, decode_file, pictures
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "Annotations/{train,val,test}.json and {train,val,test}/<image>; or the Hub's lmms-lab/VizWiz-VQA"

_SAYS_NOTHING = frozenset({"", "unanswerable", "unsuitable", "unsuitable image"})


class _Answer(Struct, frozen=True):
    answer: str


class _Row(Struct, frozen=True):
    image: str
    question: str
    answers: tuple[_Answer, ...] = ()
    answer_type: str = ""
    answerable: int = 1


class _Copy(Struct, frozen=True):
    image: Any
    question: str
    answers: tuple[str, ...] | None = None
    category: str | None = None
    question_id: str | int | None = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    return read_copy(spec, _draft_copy, layout=LAYOUT) if is_copy(spec) else _read_official(spec)


def _read_official(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    path = local_path(spec, expected=f"a folder with {LAYOUT}")
    split = spec.split or "train"
    file = path / "Annotations" / f"{split}.json"
    if not file.is_file():
        there = ", ".join(sorted(file.name for file in path.glob("Annotations/*.json"))) or "none"
        raise wrong_layout(spec, path, expected=f"Annotations/{split}.json of {LAYOUT}; annotations there: {there}")
    for number, row in enumerate(decode_file(file, to=list[Raw], expected="a list of questions")):
        make = partial(_draft_official, where=f"question {number}", split=split, folder=path)
        yield draft_or_unusable(make, row, source=spec.source, origin=str(number))


def _draft_official(data: Raw, *, where: str, split: str, folder: Path) -> Draft:
    row = decode(data, to=_Row, where=where)
    answers = tuple(one.answer for one in row.answers)
    gold = _choose_gold(answers, answerable=row.answerable == 1 and row.answer_type != "unanswerable")
    return Draft(
        origin=row.image,
        question=row.question,
        answer=gold,
        answers=answers if len(answers) > 1 else (),
        images=(f"{split}/{row.image}",),
        folder=folder,
    )


def _draft_copy(folder: Path | None, row: Row) -> Draft:
    copy = convert(row, to=_Copy)
    answers = copy.answers or ()
    return Draft(
        origin=row.where if copy.question_id is None else str(copy.question_id),
        question=copy.question,
        answer=_choose_gold(answers, answerable=copy.category != "unanswerable"),
        answers=answers if len(answers) > 1 else (),
        images=pictures(copy.image),
        folder=folder,
    )


def _choose_gold(answers: Sequence[str], *, answerable: bool) -> str:
    if not answers:
        raise Unfit("no_answer", "the row has no answers; VizWiz publishes none for its test splits")
    said = Counter(answer for answer in answers if answer.strip().lower() not in _SAYS_NOTHING)
    if not answerable or not said:
        raise Unfit("unanswerable", "the crowd found that the picture does not answer the question")
    gold = said.most_common(1)[0][0]
    if len(answers) > 1 and vqa_accuracy(gold, answers) < ENOUGH:
        raise Unfit("no_agreement", f"no answer would count as correct: {', '.join(answers)}")
    return gold


SOURCE = Source(
    read=read,
    about="blind people's photographs and questions, ten answers each (Gurari et al. 2018)",
    licence="CC BY 4.0",
    citation="Gurari et al., VizWiz Grand Challenge: Answering Visual Questions from Blind People, CVPR 2018, "
    "arXiv 1802.08218",
    size="train 20,523, val 4,319, test 8,000 without answers",
    answer_types=("vqa", "auto"),
    homepage="https://vizwiz.org/tasks-and-datasets/vqa/",
    layout=LAYOUT,
    hub=True,
)
