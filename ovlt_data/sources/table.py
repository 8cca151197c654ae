"""A table of one's own: JSONL or Parquet, a row for each problem; without pictures, a text problem.

    {source: mine, format: table, path: rows.jsonl, columns: {question: problem, answer_index: label}}

`columns` names the table's columns for the fields below, whose own names are the default. Pictures are paths inside
the table's folder, or bytes. `answer_index` is for tables whose gold counts choices from 0: an `answer` that is a
number is never taken for that, since it could as well be a choice's text.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, get_args

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.place import local_path
from ovlt_data.sources.rows import Row, find_files, pictures, read_rows
from ovlt_data.sources.source import Source
from ovlt_data.types import AnswerType, Unusable

LAYOUT = "rows in JSONL or Parquet: a file, or a folder of such files"

FIELDS = (
    "id",
    "question",
    "answer",
    "answer_index",
    "answers",
    "choices",
    "answer_type",
    "unit",
    "precision",
    "images",
)
_GOLD = ("answer", "answer_index", "answers")
_HEAD = 100
"""Rows whose keys tell which columns there are: JSONL may leave empty ones out."""


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    path = local_path(spec, expected=LAYOUT)
    rows = read_rows(find_files(spec, path, suffixes=(".parquet", ".jsonl")))
    head = list(islice(rows, _HEAD))
    columns = _find_columns(spec, {column for row in head for column in row.values}) if head else {}
    folder = path if path.is_dir() else path.parent
    for row in chain(head, rows):
        cells = {field: row.values.get(column) for field, column in columns.items()}
        origin = _text(cells.get("id")) or row.where
        make = partial(_draft, cells=cells, origin=origin, folder=folder)
        yield draft_or_unusable(make, row, source=spec.source, origin=origin)


def _find_columns(spec: SourceSpec, there: set[str]) -> Mapping[str, str]:
    """The table's column of each field that it has."""
    listed = ", ".join(sorted(there)) or "none"
    if unknown := spec.columns.keys() - set(FIELDS):
        raise UsageError(
            f"source {spec.source}: columns: {', '.join(sorted(unknown))}: expected some of {', '.join(FIELDS)}"
        )
    if missing := {column for column in spec.columns.values() if column not in there}:
        raise UsageError(
            f"source {spec.source}: {spec.path}: no column {', '.join(sorted(missing))}; expected one of: {listed}"
        )
    columns = {field: spec.columns.get(field, field) for field in FIELDS}
    found = {field: column for field, column in columns.items() if column in there}
    if "question" not in found or not found.keys() & set(_GOLD):
        raise UsageError(
            f"source {spec.source}: {spec.path}: expected the columns question and answer, or "
            f"columns: {{question: …, answer: …}} with two of: {listed}"
        )
    return found


def _draft(row: Row, *, cells: Mapping[str, Any], origin: str, folder: Path) -> Draft:
    if row.fault:
        raise Unfit("bad_row", row.fault)
    answers = _texts(cells.get("answers"))
    return Draft(
        origin=origin,
        question=_text(cells.get("question")),
        answer=_gold(cells, answers),
        answer_type=_answer_type(cells),
        choices=_texts(cells.get("choices")),
        unit=_text(cells.get("unit")),
        precision=_whole(cells.get("precision")),
        answers=answers,
        images=pictures(cells.get("images")),
        folder=folder,
    )


def _gold(cells: Mapping[str, Any], answers: tuple[str, ...]) -> str | int:
    index = _whole(cells.get("answer_index"))
    if index is not None:
        return index
    answer = cells.get("answer")
    if isinstance(answer, list):
        return ", ".join(_texts(answer))
    return _text(answer) or (Counter(answers).most_common(1)[0][0] if answers else "")


def _answer_type(cells: Mapping[str, Any]) -> AnswerType:
    """As the row says; an answer of several parts is a set, whose order means nothing."""
    kinds: tuple[AnswerType, ...] = get_args(AnswerType)
    said = _text(cells.get("answer_type")) or ("set" if isinstance(cells.get("answer"), list) else "auto")
    for kind in kinds:
        if kind == said:
            return kind
    raise Unfit("bad_row", f"answer_type {said!r}: expected one of {', '.join(kinds)}")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if math.isnan(value):
            return ""
        case str() | int() | float():
            return str(value)
        case _:
            raise Unfit("bad_row", f"expected a text or a number, not {type(value).__name__}")


def _texts(value: object) -> tuple[str, ...]:
    match value:
        case None | "":
            return ()
        case [*several]:
            return tuple(_text(one) for one in several)
        case _:
            raise Unfit("bad_row", f"expected a list, not {type(value).__name__}")


def _whole(value: object) -> int | None:
    match value:
        case None:
            return None
        case float() if math.isnan(value):
            return None
        case int() | float() | str() if not isinstance(value, bool):
            return _parse_whole(value)
        case _:
            raise Unfit("bad_row", f"expected a whole number, not {value!r}")


def _parse_whole(value: float | str) -> int:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise Unfit("bad_row", f"expected a whole number, not {value!r}")
    return int(number)


SOURCE = Source(
    read=read,
    about="a table of your own, with or without pictures",
    licence="yours",
    layout=LAYOUT,
)
