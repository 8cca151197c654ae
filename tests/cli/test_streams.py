"""Standard streams that are closed, or whose reader has gone."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from child_run import OVLT

RECIPE = """
name: drawn
models:
  reasoner: {endpoint: "http://127.0.0.1:9/v1", model: r, revision: b}
problems: {sources: [{source: shapes, count: 4}]}
reason: {model: reasoner, prompt: student}
build: {kind: sft}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.yaml"
    path.write_text(RECIPE)
    return path


def close_standard_error() -> None:
    os.close(2)


def test_run_without_standard_error_prints_json_alone(recipe: Path, tmp_path: Path) -> None:
    command = [*OVLT, "run", str(recipe), "--json"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, cwd=tmp_path, check=False, preexec_fn=close_standard_error)
    assert (ended.returncode, json.loads(ended.stdout)["state"]) == (3, "stopped")


def test_run_goes_on_when_nobody_reads_along_any_more(recipe: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [*OVLT, "run", str(recipe), "--json"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=writer, cwd=tmp_path, check=False)
    os.close(writer)
    assert (ended.returncode, json.loads(ended.stdout)["state"]) == (3, "stopped")
