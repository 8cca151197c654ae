"""Captions and traces that one already has: from a table's columns instead of from a model.

A given row belongs to a problem by its id, or by the name that the row has in its source (`origin`).
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem, Reply

OPTIONAL = "reasoning"
"""The column that a table of traces may lack: its content then holds the <think> tags."""


class Given:
    """A table's values by problem."""

    def __init__(self, by_name: Mapping[str, list[dict[str, object]]]) -> None:
        self._by_name = by_name

    def rows(self, problem: Problem) -> list[dict[str, object]]:
        """The table's rows for a problem, in the table's order."""
        return self._by_name.get(problem.id) or self._by_name.get(problem.origin) or []


def read_given(path: Path, columns: Mapping[str, str]) -> Given:
    """Read `columns` (our name -> the table's) of a JSONL or Parquet file or a folder of Parquet files."""
    frame = _read_frame(path)
    columns = {ours: theirs for ours, theirs in columns.items() if theirs in frame.columns or theirs != OPTIONAL}
    missing = sorted(set(columns.values()) - set(frame.columns))
    if missing:
        raise UsageError(f"{path}: no column {', '.join(missing)}; it has {', '.join(frame.columns)}")
    by_name: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for row in frame.select(**{ours: pl.col(theirs) for ours, theirs in columns.items()}).iter_rows(named=True):
        by_name[str(row["id"])].append(row)
    return Given(by_name)


def given_reply(row: Mapping[str, object]) -> Reply:
    """A given trace as a reply that ended by itself."""
    reasoning = row.get("reasoning")
    return Reply(
        content=str(row["content"] or ""),
        reasoning=None if reasoning is None else str(reasoning),
        finish_reason="stop",
    )


def _read_frame(path: Path) -> pl.DataFrame:
    try:
        if path.is_dir():
            return pl.read_parquet(path / "**/*.parquet")
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        if path.suffix in (".jsonl", ".ndjson"):
            return pl.read_ndjson(path, infer_schema_length=None)  # a column may be empty for its first rows
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UsageError(f"{path}: can't be read as a table: {error}") from error
    raise UsageError(f"{path}: expected a .jsonl or .parquet file, or a folder of Parquet files")
