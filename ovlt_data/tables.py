"""The run's tables: their columns, fixed here, and how their parts are written and read.

A table is a folder of Parquet parts that appear whole (written beside, then renamed). Rows stand in order of
arrival; whoever needs an order sorts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from ovlt_data.errors import EnvironmentStop
from ovlt_data.types import Difficulty, FunnelStep

PROBLEMS = pl.Schema(
    {
        "id": pl.String,
        "number": pl.Int64,
        "source": pl.String,
        "origin": pl.String,
        "question": pl.String,
        "answer": pl.String,
        "answer_type": pl.String,
        "choices": pl.List(pl.String),
        "unit": pl.String,
        "precision": pl.Int64,
        "answers": pl.List(pl.String),
        "categories": pl.List(pl.String),
        "image_paths": pl.List(pl.String),
        "image_sha256": pl.List(pl.String),
    }
)
JUDGEMENT = pl.Struct(
    {
        "status": pl.String,
        "reason": pl.String,
        "answer": pl.String,
        "said": pl.String,
        "response_keys": pl.List(pl.String),
    }
)
CAPTIONS = pl.Schema(
    {
        "problem_id": pl.String,
        "text": pl.String,
        "finish_reason": pl.String,
        "completion_tokens": pl.Int64,
        "response_key": pl.String,
        "turns": pl.List(pl.Struct({"role": pl.String, "text": pl.String, "response_key": pl.String})),
        "unrefined": pl.String,
    }
)
EDIT = pl.Struct(
    {
        "reasoning": pl.String,
        "content": pl.String,
        "extracted": pl.String,
        "changed": pl.Float64,
        "fault": pl.String,
        "response_key": pl.String,
    }
)
SAMPLES = pl.Schema(
    {
        "problem_id": pl.String,
        "source": pl.String,
        "slot": pl.Int64,
        "model": pl.String,
        "rung": pl.Int64,
        "reasoning": pl.String,
        "content": pl.String,
        "reasoning_origin": pl.String,
        "finish_reason": pl.String,
        "completion_tokens": pl.Int64,
        "response_key": pl.String,
        "status": pl.String,
        "extracted": pl.String,
        "method": pl.String,
        "reason": pl.String,
        "judgement": JUDGEMENT,
        "edit": EDIT,
    }
)
PROBES = pl.Schema(
    {
        "problem_id": pl.String,
        "source": pl.String,
        "probe": pl.String,
        "turn": pl.Int64,
        "slot": pl.Int64,
        "model": pl.String,
        "reasoning": pl.String,
        "content": pl.String,
        "finish_reason": pl.String,
        "completion_tokens": pl.Int64,
        "response_key": pl.String,
        "status": pl.String,
        "extracted": pl.String,
        "method": pl.String,
        "reason": pl.String,
    }
)
"""Where no reply came, `status` is null and `reason` the kind of failure."""
FAILURES = pl.Schema(
    {
        "problem_id": pl.String,
        "source": pl.String,
        "origin": pl.String,
        "stage": pl.String,
        "kind": pl.String,
        "lasting": pl.Boolean,
        "request_key": pl.String,
        "endpoint": pl.String,
        "attempts": pl.Int64,
        "message": pl.String,
    }
)
UNUSABLE = pl.Schema(
    {
        "source": pl.String,
        "origin": pl.String,
        "reason": pl.String,
        "message": pl.String,
        "failed": pl.Boolean,
    }
)
TABLES: Mapping[str, pl.Schema] = {
    "problems": PROBLEMS,
    "captions": CAPTIONS,
    "samples": SAMPLES,
    "probes": PROBES,
    "failures": FAILURES,
    "unusable": UNUSABLE,
}


class Curated(NamedTuple):
    """What curation kept of a run's samples, what it dropped, and the account of both.

    A row is a sample for SFT, a problem for GRPO; either carries its problem's counts and pass rate.
    """

    rows: pl.DataFrame
    """In the order (source, problem_id, slot). A column `mark_<filter>` is true where the filter would have dropped."""
    rejected: pl.DataFrame
    """With `rejected_at`, the step as the recipe writes it, and `rejected_for`, the reason; in the steps' order."""
    funnel: tuple[FunnelStep, ...]
    difficulty: tuple[Difficulty, ...] = ()
    """By source."""
    probes: tuple[Difficulty, ...] = ()
    """By probe and source."""


def folders_of(run: Path) -> list[Path]:
    """The folders of a run that hold tables: its own, then those of its shards."""
    return [run, *sorted(run.glob("shards/*"))]


def write_part(folder: Path, table: str, rows: Sequence[Mapping[str, object]], *, part: int) -> None:
    """Write rows as the table's part number `part`; an existing part of that number is replaced.

    Raises EnvironmentStop where the disk is full.
    """
    frame = pl.DataFrame(rows, schema=TABLES[table])
    target = folder / table / f"{part:05}.parquet"
    unfinished = target.with_suffix(".unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(unfinished, compression="zstd")
        unfinished.replace(target)
    except (OSError, pl.exceptions.ComputeError) as error:  # what polars says of a full disk
        raise EnvironmentStop(f"{target}: can't be written: {error}") from error


def read_table(folder: Path, table: str) -> pl.DataFrame:
    """All parts of a table, in their order; an empty table where there are none."""
    parts = sorted((folder / table).glob("*.parquet"))
    if not parts:
        return pl.DataFrame(schema=TABLES[table])
    return pl.read_parquet(parts)
