"""TabMWP as PromptPG publishes it: one file of problems for each split, one picture for each table.

    problems_train.json     {"17": {"question", "choices", "answer", "unit", "ans_type", …}}
    tables/17.png           the table without its title

Gold answers are texts: of a choice problem the choice's, of numbers with commas between thousands and without unit.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, draft_or_unusable
from ovlt_data.sources.place import local_path, wrong_layout
from ovlt_data.sources.rows import decode
from ovlt_data.sources.source import Source
from ovlt_data.types import AnswerType, Unusable

LAYOUT = "problems_{train,dev,test,…}.json and tables/<id>.png"


class _Row(Struct, frozen=True):
    question: str
    answer: str = ""
    ans_type: str = ""
    choices: tuple[str, ...] | None = None
    unit: str | None = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    file = _find_split(spec)
    for origin, row in _read_index(file).items():
        make = partial(_draft, origin=origin, folder=file.parent)
        yield draft_or_unusable(make, row, source=spec.source, origin=origin)


def _find_split(spec: SourceSpec) -> Path:
    path = local_path(spec, expected=f"a folder with {LAYOUT}")
    file = path / f"problems_{spec.split or 'train'}.json"
    if file.is_file():
        return file
    there = ", ".join(sorted(file.name for file in path.glob("problems_*.json"))) or "none"
    raise wrong_layout(spec, path, expected=f"{file.name}, of {LAYOUT}; problem files there: {there}")


def _read_index(file: Path) -> dict[str, Raw]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{file}: expected one JSON object with a row for each id: {error}") from error


def _draft(row: Raw, *, origin: str, folder: Path) -> Draft:
    problem = decode(row, to=_Row, where=f"row {origin}")
    choices = problem.choices or ()
    return Draft(
        origin=origin,
        question=problem.question,
        answer=choices.index(problem.answer) if choices.count(problem.answer) == 1 else problem.answer,
        answer_type=_answer_type(problem),
        choices=choices,
        unit=problem.unit or "",
        images=(f"tables/{origin}.png",),
        folder=folder,
    )


def _answer_type(problem: _Row) -> AnswerType:
    if problem.ans_type == "integer_number":
        return "integer"
    if problem.ans_type == "decimal_number":
        return "number" if "/" in problem.answer else "decimal"  # fractions are filed under decimals
    return "text"


SOURCE = Source(
    read=read,
    about="word problems over a pictured table (Lu et al. 2023, PromptPG)",
    licence="CC BY-NC-SA 4.0",
    homepage="https://github.com/lupantech/PromptPG",
    layout=LAYOUT,
    citation="Lu et al., Dynamic Prompt Learning via Policy Gradient for Semi-structured Mathematical Reasoning, "
    "ICLR 2023, arXiv 2209.14610",
    size="38,431 problems: train, dev, test; dev1k and test1k are parts of the latter two",
    answer_types=("choice", "integer", "decimal", "number", "text"),
)
