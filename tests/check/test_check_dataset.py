"""A version is what it says, or the check says what is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from a_run import make_run

from ovlt_data.check.dataset import check_dataset
from ovlt_data.publish.parent import open_parent
from ovlt_data.serve.embedded import TINY_MODEL

TEMPLATE = TINY_MODEL / "chat_template.jinja"


def check(folder: Path) -> dict[str, str]:
    """Level by what was looked at."""
    return {finding.what: finding.level for finding in check_dataset(open_parent(folder), TEMPLATE)}


@pytest.fixture(params=["sft", "grpo"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    run = make_run(tmp_path, kind=request.param)
    return run.build().path


def test_a_version_as_it_was_built_is_well(folder: Path) -> None:
    assert set(check(folder).values()) == {"ok"}


def test_a_row_is_shown_as_a_trainer_reads_it(folder: Path) -> None:
    shown = list(check_dataset(open_parent(folder), TEMPLATE))[-1].says
    assert "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Which colour?" in shown


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the first row of the first shard."""
    (path,) = (folder / "data").glob("train-*.parquet")
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows[0])
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "pictures": lambda row: row["images"][0].update(bytes=row["images"][0]["bytes"][:60]),
    "roles": lambda row: row["prompt"][0].update(role="system"),
    "markers": lambda row: row["prompt"][0].update(content="<image> Which?"),
    "answers": lambda row: row.update(answer="", answer_type="number"),
    "version": lambda row: row.update(question="Which?"),
}


@pytest.mark.parametrize("what", EDITS)
def test_what_was_changed_afterwards_is_found(folder: Path, what: str) -> None:
    edit(folder, EDITS[what])
    assert check(folder)[what] == "wrong"


def test_a_missing_shard_is_found(folder: Path) -> None:
    shard = next((folder / "data").glob("*.parquet"))
    shard.rename(shard.with_suffix(".gone"))
    assert check(folder) == {"files": "wrong"}
