"""Recipes for the server under test, and the command line run on them as a person would."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from PIL import Image
from vllm_server import NAME, VllmServer

from ovlt_data.run_folder import read_run
from ovlt_data.tables import read_table

RUN_SECONDS = 300

GRPO: dict[str, Any] = {"curate": [], "build": {"kind": "grpo"}}
"""Keeps every problem that has samples, whatever their verdicts: for tests of the way rather than of the words."""


class Ran(NamedTuple):
    """What a call of the command line left behind."""

    status: int
    outcome: dict[str, Any]
    """The object of --json; empty where none was printed."""
    said: str
    """Standard error."""


def count_ended(outcome: dict[str, Any]) -> int:
    """Problems that ended somewhere."""
    return outcome["kept"] + sum(outcome["rejected"].values()) + sum(outcome["failures"].values())


def write_recipe(folder: Path, server: VllmServer, *sources: dict[str, Any], **sections: Any) -> Path:
    """A recipe beside which its run and its store will stand; `sections` override what is usual here."""
    recipe = {
        "name": "test",
        "models": {
            "captioner": describe_model(server, max_tokens=256, temperature=0.7),
            "reasoner": describe_model(server, max_tokens=192, temperature=1.0),
        },
        "problems": {"sources": list(sources)},
        "caption": {"model": "captioner", "prompt": "quickstart/caption"},
        "reason": {"model": "reasoner", "prompt": "quickstart/reason", "samples": 4},
        "curate": [{"min_correct": 1}, {"select": "shortest"}],
        "build": {"kind": "sft"},
        **sections,
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps({key: value for key, value in recipe.items() if value is not None}))
    return path


def describe_model(server: VllmServer, **sampling: Any) -> dict[str, Any]:
    return {"endpoint": server.url, "model": NAME, "checkpoint": "tests", "sampling": {"seed": 1, **sampling}}


def run_ovlt(recipe: Path, *arguments: str, cwd: Path | None = None) -> Ran:
    """`ovlt run` to its end."""
    with ovlt_running(recipe, *arguments, cwd=cwd) as process:
        return finish(process)


@contextmanager
def ovlt_running(recipe: Path, *arguments: str, cwd: Path | None = None) -> Generator[subprocess.Popen[str]]:
    """`ovlt run`, killed at the end of the block if it still goes on then."""
    command = [sys.executable, "-m", "ovlt_data.cli", "run", str(recipe), "--json", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=cwd or recipe.parent, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def finish(process: subprocess.Popen[str]) -> Ran:
    """Wait for a run to end by itself."""
    printed, said = process.communicate(timeout=RUN_SECONDS)
    return Ran(process.returncode, json.loads(printed or "{}"), said)


def read_outcome(recipe: Path) -> dict[str, Any]:
    """What --json prints of the run that stands beside its recipe; there too where nothing was left to build."""
    return read_run(recipe.parent / "runs" / "test")


def read_run_table(recipe: Path, name: str) -> pl.DataFrame:
    """A table of the run that stands beside its recipe."""
    return read_table(recipe.parent / "runs" / "test", name)


def write_rows(folder: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A source of the `table` format."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"source": "mine", "format": "table", "path": "rows.jsonl"}


def draw(path: Path, *, size: tuple[int, int] = (112, 84), colour: str = "red") -> str:
    """A small picture; returns its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path.name
