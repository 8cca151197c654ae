"""MathVista: its official files, or the rows of its Hub copy.

    data/testmini.json     {"44": {question, image, choices, unit, precision, answer, question_type, answer_type, …}}
    images/44.jpg          the picture; the Hub's rows carry it as `decoded_image`

The gold of a multiple choice question is the choice's text; those of the test split are kept back.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.benchmark import name_categories, name_picture, read_benchmark
from ovlt_data.sources.draft import Draft
from ovlt_data.sources.rows import Row, convert, pictures
from ovlt_data.sources.source import Home, Source
from ovlt_data.types import AnswerType, Unusable

LAYOUT = "{testmini,test}.{json,parquet}, there or in data/, and images/<pid>.jpg"

_TYPES: dict[str, AnswerType] = {"integer": "integer", "float": "decimal", "list": "list", "text": "text"}


class _Metadata(Struct, frozen=True):
    task: str = ""
    category: str = ""
    context: str = ""
    source: str = ""


class _Row(Struct, frozen=True):
    pid: str
    question: str
    image: str = ""
    decoded_image: Any = None
    choices: tuple[str, ...] | None = None
    unit: str | None = None
    precision: float | None = None
    answer: str | None = None
    answer_type: str = ""
    metadata: _Metadata = _Metadata()


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    return read_benchmark(spec, _draft, layout=LAYOUT, name="pid")


def _draft(folder: Path | None, row: Row) -> Draft:
    said = convert(row, to=_Row, strict=False)
    choices, answer, filed = said.choices or (), said.answer or "", said.metadata
    return Draft(
        origin=said.pid,
        question=said.question,
        answer=choices.index(answer) if choices.count(answer) == 1 else answer,
        answer_type=_TYPES.get(said.answer_type, "auto"),
        choices=choices,
        unit=said.unit or "",
        precision=None if said.precision is None else int(said.precision),
        images=pictures(said.decoded_image) or name_picture(said.image, folder),
        folder=folder,
        categories=name_categories(
            {"task": filed.task, "category": filed.category, "context": filed.context, "dataset": filed.source}
        ),
    )


SOURCE = Source(
    read=read,
    about="benchmark: mathematics in charts, figures, tables and photographs",
    licence="CC BY-SA 4.0; its authors forbid training on it",
    homepage="https://mathvista.github.io",
    layout=LAYOUT,
    hub=True,
    home=Home(path="AI4Math/MathVista"),
    citation="Lu et al., MathVista: Evaluating Mathematical Reasoning of Foundation Models in Visual Contexts, "
    "ICLR 2024, arXiv 2310.02255",
    size="testmini 1,000 with golds; test 5,141 without",
    answer_types=("choice", "integer", "decimal", "list", "text"),
    training=False,
)
