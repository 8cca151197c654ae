"""Captions and traces from a table."""

import json
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.generate.given import given_reply, read_given
from ovlt_data.types import Problem

COLUMNS = {"id": "id", "content": "content", "reasoning": "reasoning"}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def problem(*, id: str = "p", origin: str = "row 1") -> Problem:
    return Problem(id=id, source="mine", origin=origin, question="1 + 1?", answer="2")


@pytest.mark.parametrize("name", ["p", "row 1"], ids=["by-id", "by-origin"])
def test_rows_belong_to_a_problem_by_id_or_by_name(tmp_path: Path, name: str) -> None:
    table = write(tmp_path / "t.jsonl", {"id": name, "content": "2"}, {"id": "other", "content": "3"})
    assert [row["content"] for row in read_given(table, COLUMNS).rows(problem())] == ["2"]


def test_column_that_is_empty_at_first_is_read_all_the_same(tmp_path: Path) -> None:
    rows = [{"id": str(number), "content": "2", "reasoning": None} for number in range(200)]
    table = write(tmp_path / "t.jsonl", *rows, {"id": "p", "content": "2", "reasoning": "so"})
    (row,) = read_given(table, COLUMNS).rows(problem())
    assert given_reply(row).reasoning == "so"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.jsonl", "{broken", "can't be read as a table"),
        ("t.parquet", "no parquet", "can't be read as a table"),
        ("t.csv", "id,content", "expected a .jsonl or .parquet file"),
        ("t.jsonl", '{"id": "p", "text": "2"}', "no column content; it has id, text"),
    ],
    ids=["broken-jsonl", "broken-parquet", "other-format", "missing-column"],
)
def test_table_that_can_not_be_used_is_told(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=words):
        read_given(tmp_path / name, COLUMNS)
