"""MathVerse: its official files, or the rows of its Hub copy.

    testmini.json                         [{problem_index, problem_version, question, image, answer, question_type, …}]
    images/images_version_1-4/image_592.png      the picture; the Hub's rows carry it as `image`

Each problem stands there in five versions, from all words in the text to all words in the picture. Two of them may ask
the same, and count twice. Choices stand at the end of the question, or of `question_for_eval`, which has the words of
Vision Only, too: its own question is empty. Some golds are two letters.
"""

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.benchmark import name_categories, name_picture, read_benchmark
from ovlt_data.sources.conversation import Asked, take_apart
from ovlt_data.sources.draft import Draft
from ovlt_data.sources.rows import Row, convert, pictures
from ovlt_data.sources.source import Home, Source
from ovlt_data.types import Unusable

LAYOUT = "{testmini,testmini_text_only}.{json,parquet}, and images/images_version_*/image_<problem>.png"
IN_PICTURE = "Answer the question that stands in the picture."
"""Asked where the benchmark's own question is empty."""

_SEVERAL = re.compile(r"[A-Z](?:[\s,]+[A-Z])+")


class _Metadata(Struct, frozen=True):
    subject: str = ""
    subfield: str = ""
    source: str = ""


class _Row(Struct, frozen=True):
    problem_index: str
    problem_version: str
    question: str
    image: Any = None
    answer: str | None = None
    question_type: str = ""
    question_for_eval: str | None = None
    metadata: _Metadata = _Metadata()


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    return read_benchmark(spec, _draft, layout=LAYOUT, name="problem_index")


def _draft(folder: Path | None, row: Row) -> Draft:
    said = convert(row, to=_Row, strict=False)
    answer, filed = (said.answer or "").strip(), said.metadata
    chosen = said.question_type == "multi-choice"
    several = chosen and _SEVERAL.fullmatch(answer) is not None
    asked = _ask(said) if chosen else Asked(said.question.strip(), ())
    return Draft(
        origin=said.problem_index,
        version=said.problem_version,
        question=_write_out(asked) if several else asked.question or IN_PICTURE,
        answer=", ".join(re.findall("[A-Z]", answer)) if several else answer,
        answer_type="set" if several else "auto",
        choices=() if several else asked.choices,
        images=_pictures(said.image, folder),
        folder=folder,
        categories=name_categories(
            {"version": said.problem_version, "subject": filed.subject, "subfield": filed.subfield}
        ),
    )


def _ask(said: _Row) -> Asked:
    """Question and choices; where the choices stand in the picture alone, their letters."""
    asked, full = take_apart(said.question), take_apart(said.question_for_eval or "")
    choices = asked.choices or full.choices
    if not said.question.strip() or not choices:
        choices = tuple(string.ascii_uppercase[: len(choices) or 4])
    return Asked(asked.question, choices)


def _write_out(asked: Asked) -> str:
    """A question with two right choices is no choice problem: they stand in its text."""
    lines = [f"({letter}) {choice}" for letter, choice in zip(string.ascii_uppercase, asked.choices, strict=False)]
    return "\n".join([asked.question or IN_PICTURE, *lines])


def _pictures(image: object, folder: Path | None) -> tuple[str | bytes, ...]:
    """Official rows name them from the folder `images`."""
    if isinstance(image, str) and folder is not None and not (folder / image).is_file():
        return name_picture(f"images/{image}", folder) if image else ()
    return pictures(image)


SOURCE = Source(
    read=read,
    about="benchmark: geometry and functions, in versions from all words in the text to all in the picture",
    licence="MIT",
    homepage="https://mathverse-cuhk.github.io",
    layout=LAYOUT,
    hub=True,
    home=Home(path="AI4Math/MathVerse", config="testmini"),
    citation="Zhang et al., MathVerse: Does Your Multi-modal LLM Truly See the Diagrams in Visual Math Problems?, "
    "ECCV 2024, arXiv 2403.14624",
    size="testmini 3,940: 788 problems in five versions",
    answer_types=("choice", "set", "auto"),
)
