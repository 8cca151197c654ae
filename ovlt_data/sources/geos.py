"""GEOS, SAT geometry, in the two forms in which geosolver has its questions.

    questions.json, <name>.png          [{pk, text, diagram_url, choices: {"1": …}, answer}], as its server gave them
    968/question.json, 968/diagram.png  one question each, as its demo has them

Choices are numbered from 1, and the answer is the right one's number, often written 4.00. Where choices are a list, the
answer is one of them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Raw, Struct

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.gold import write_gold
from ovlt_data.sources.place import local_path, natural_order, wrong_layout
from ovlt_data.sources.rows import decode, decode_file
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "questions.json and the diagrams that it names, or <key>/{question.json,diagram.png}"


class _Row(Struct, frozen=True):
    text: str
    choices: Mapping[str, str] | tuple[str, ...] = ()
    answer: str | int | float | None = None
    diagram_url: str = ""
    pk: int | str | None = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    path = local_path(spec, expected=f"a folder with {LAYOUT}")
    if spec.split:
        raise UsageError(f"source {spec.source}: split {spec.split}: GEOS has no splits; give its part as `path`")
    served = path / "questions.json"
    if served.is_file():
        for number, row in enumerate(decode_file(served, to=list[Raw], expected="a list of questions")):
            make = partial(_draft_served, where=f"question {number}", folder=path)
            yield draft_or_unusable(make, row, source=spec.source, origin=str(number))
        return
    files = sorted(path.glob("*/question.json"), key=lambda file: natural_order(file.parent))
    if not files:
        raise wrong_layout(spec, path, expected=LAYOUT)
    for file in files:
        yield draft_or_unusable(_draft_file, file, source=spec.source, origin=file.parent.name)


def _draft_served(data: Raw, *, where: str, folder: Path) -> Draft:
    row = decode(data, to=_Row, where=where)
    name = urlsplit(row.diagram_url).path.rpartition("/")[2]
    return _draft(row, origin=where if row.pk is None else str(row.pk), picture=name, folder=folder)


def _draft_file(file: Path) -> Draft:
    row = decode(file.read_bytes(), to=_Row, where=str(file))
    name = file.parent.name
    return _draft(row, origin=name, picture=f"{name}/diagram.png", folder=file.parent.parent)


def _draft(row: _Row, *, origin: str, picture: str, folder: Path) -> Draft:
    answer, choices = write_gold(row.answer), row.choices
    numbered = not isinstance(choices, tuple)
    texts = choices if isinstance(choices, tuple) else tuple(choices[key] for key in sorted(choices, key=_number))
    return Draft(
        origin=origin,
        question=row.text,
        answer=_number(answer) - 1 if numbered and texts and answer else answer,
        choices=texts,
        images=(picture,),
        folder=folder,
    )


def _number(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        number = 0.5
    if not number.is_integer():
        raise Unfit("bad_row", f"expected a choice's number, not {text!r}")
    return int(number)


SOURCE = Source(
    read=read,
    about="SAT plane geometry with a diagram (Seo et al. 2015)",
    licence="code Apache-2.0; none stated for the questions",
    citation="Seo et al., Solving Geometry Problems: Combining Text and Diagram Interpretation, EMNLP 2015",
    size="186 questions: 67 for practice, 119 of official tests",
    answer_types=("choice", "auto"),
    homepage="https://github.com/seominjoon/geosolver",
    layout=LAYOUT,
)
