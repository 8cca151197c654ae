"""MATH-Vision: its official files, or the rows of its Hub copy.

    data/test.jsonl, data/testmini.jsonl     {id, question, options, answer, level, subject, image}
    images/1661.jpg                          the picture; the Hub's rows carry it as `decoded_image`

The gold of a question with options is always a letter, though another option's text may be that letter: some have
only letters for options, since the choices stand in the picture.
"""

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.benchmark import name_categories, name_picture, read_benchmark
from ovlt_data.sources.draft import Draft
from ovlt_data.sources.rows import Row, convert, pictures
from ovlt_data.sources.source import Home, Source
from ovlt_data.types import Unusable

LAYOUT = "{testmini,test}.{jsonl,parquet}, there or in data/, and images/<id>.jpg"


class _Row(Struct, frozen=True):
    id: str
    question: str
    options: tuple[str, ...] | None = None
    answer: str | None = None
    level: int | None = None
    subject: str = ""
    image: str = ""
    decoded_image: Any = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    return read_benchmark(spec, _draft, layout=LAYOUT, name="id")


def _draft(folder: Path | None, row: Row) -> Draft:
    said = convert(row, to=_Row, strict=False)
    options, answer = said.options or (), (said.answer or "").strip()
    is_letter = bool(options) and len(answer) == 1 and answer in string.ascii_uppercase
    return Draft(
        origin=said.id,
        question=said.question,
        answer=string.ascii_uppercase.index(answer) if is_letter else answer,
        choices=options,
        images=pictures(said.decoded_image) or name_picture(said.image, folder),
        folder=folder,
        categories=name_categories({"subject": said.subject, "level": said.level}),
    )


SOURCE = Source(
    read=read,
    about="benchmark: problems of mathematical competitions with pictures (MATH-Vision)",
    licence="MIT",
    homepage="https://mathllm.github.io/mathvision",
    layout=LAYOUT,
    hub=True,
    home=Home(path="MathLLMs/MathVision"),
    citation="Wang et al., Measuring Multimodal Mathematical Reasoning with MATH-Vision Dataset, NeurIPS 2024, "
    "arXiv 2402.14804",
    size="test 3,040; testmini 304 of them",
    answer_types=("choice", "auto"),
)
