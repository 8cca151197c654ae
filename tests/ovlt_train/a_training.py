"""A training as a user starts it: a child process, on versions that are built here, of the tiny model."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import a_run
import polars as pl
import yaml

from ovlt_data import lookup
from ovlt_data.serve.embedded import TINY_MODEL

ROOT = lookup.shipped("recipes").parent
HASTE: dict[str, Any] = {
    "learning_rate": 1e-3,
    "max_steps": 4,
    "save_steps": 1,
    "use_cpu": True,
    "gradient_checkpointing": False,
}
LONG = "Look at the whole of the picture before you say which."


def build(folder: Path, *, kind: str, pictures_only: bool = True, question: str = "Which colour?") -> Path:
    """A version; TRL's GRPO can't batch rows with and without pictures."""
    run = a_run.make_run(folder, kind=kind)
    asked = pl.when(pl.col("id") == "p3").then(pl.lit(f"{LONG} {question}")).otherwise(pl.lit(question))
    run.problems = run.problems.with_columns(question=asked)
    if pictures_only:
        run.problems = run.problems.filter(pl.col("id") != a_run.TEXT_PROBLEM)
        run.samples = run.samples.filter(pl.col("problem_id") != a_run.TEXT_PROBLEM)
    return run.build().path


def write_recipe(
    folder: Path, *, kind: str, pictures_only: bool = True, question: str = "Which colour?", **keys: Any
) -> Path:
    """A recipe beside the version that it trains on."""
    version = build(folder / kind, kind=kind, pictures_only=pictures_only, question=question)
    recipe: dict[str, Any] = {"name": f"tiny-{kind}", "model": str(TINY_MODEL), "dataset": str(version)}
    recipe |= {"output": str(folder / "out"), "dtype": "float32", "trl": HASTE} | keys
    path = folder / f"{kind}.yaml"
    path.write_text(yaml.safe_dump(recipe), "utf-8")
    return path


def train(method: str, recipe: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    settings = [word for override in overrides for word in ("--set", override)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ovlt_train", method, str(recipe), *settings]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def log(output: Path, step: int) -> list[dict[str, Any]]:
    state = json.loads((output / f"checkpoint-{step}" / "trainer_state.json").read_text("utf-8"))
    return state["log_history"]
