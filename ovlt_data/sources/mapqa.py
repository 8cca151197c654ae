"""MapQA as its makers publish it: a folder for each of three subsets, which `config` names.

    MapQA_U/questions/train-QA.json     [{map_id, question, answer, question_id, …}]
    MapQA_U/images/map_0.png            the map_id

Answers are texts, whole numbers, or lists of texts whose order means nothing. `path` may also be a subset's folder.
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

LAYOUT = "{MapQA_U,MapQA_V,MapQA_S}/{questions/{train,dev,test}-QA.json,images/<map_id>}"


class _Row(Struct, frozen=True):
    question: str
    map_id: str
    answer: str | int | float | bool | tuple[str, ...] | None = None
    question_id: int | str | None = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    folder = local_path(spec, expected=f"a folder with {LAYOUT}") / (spec.config or ".")
    file = folder / "questions" / f"{spec.split or 'train'}-QA.json"
    if not file.is_file():
        there = ", ".join(sorted(entry.name for entry in folder.glob("*"))[:20]) or "nothing"
        raise wrong_layout(spec, folder, expected=f"questions/{file.name} of {LAYOUT}; there is: {there}")
    for number, data in enumerate(decode_file(file, to=list[Raw], expected="a list of questions")):
        make = partial(_draft, where=f"question {number}", folder=folder)
        yield draft_or_unusable(make, data, source=spec.source, origin=str(number))


def _draft(data: Raw, *, where: str, folder: Path) -> Draft:
    row = decode(data, to=_Row, where=where)
    return Draft(
        origin=where if row.question_id is None else str(row.question_id),
        question=row.question,
        answer=write_gold(row.answer),
        answer_type="set" if isinstance(row.answer, tuple) and len(row.answer) > 1 else "auto",
        images=(f"images/{row.map_id}",),
        folder=folder,
    )


SOURCE = Source(
    read=read,
    about="questions about choropleth maps of the United States (Chang et al. 2022)",
    licence="CC BY-SA 4.0",
    citation="Chang et al., MapQA: A Dataset for Question Answering on Choropleth Maps, NeurIPS 2022 workshop, "
    "arXiv 2211.08545",
    size="about 800,000 questions on 60,000 maps, in three subsets",
    answer_types=("set", "yes_no", "auto"),
    homepage="https://github.com/OSU-slatelab/MapQA",
    layout=LAYOUT,
)
