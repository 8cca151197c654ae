"""The loop in miniature, cut to a few steps: real gradients, real HTTP, the real grader."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from a_loop import run_loop, steps, write

from ovlt_data import lookup
from ovlt_data.serve.embedded import TINY_MODEL

RECIPE = lookup.shipped("recipes") / "loop_tiny.yaml"
CUTS: dict[str, Any] = {
    "data_1": {"problems.sources.0.count": 32, "reason.samples": 2},
    "sft": {"batch": {"update": 4, "per_gpu": 4}, "trl.max_steps": 40, "trl.save_steps": 20},
    "problems": {"problems.sources.0.count": 8},
    "grpo": {"batch": {"rollout": 2, "update": 2, "completions": 2}, "trl.max_steps": 2, "trl.save_steps": 1},
    "data_2": {"problems.sources.0.count": 24, "curate.0.min_correct": 1},
    "eval": {"benchmarks.0.count": 16},
}
"""Few problems, few steps; as many of SFT as it takes until a student answers at all."""


def cut(folder: Path) -> Path:
    """The recipe that ships, its steps' recipes said otherwise."""
    loop = yaml.safe_load(RECIPE.read_text("utf-8")) | {"model": str(TINY_MODEL)}
    loop["evaluate"] = said("recipe", loop["evaluate"])
    loop["iterations"] = [cut_iteration(iteration) for iteration in loop["iterations"]]
    return write(folder / "loop.yaml", loop)


def cut_iteration(iteration: dict[str, Any]) -> dict[str, Any]:
    kinds = {"data": "run", "problems": "run", "sft": "recipe", "grpo": "recipe"}
    return {key: said(kinds[key], value) for key, value in iteration.items()}


def said(kind: str, value: Any) -> dict[str, Any]:
    step = value if isinstance(value, dict) else {kind: value}
    path = RECIPE.parent / step[kind]
    return step | {kind: str(path), "set": step.get("set", {}) | CUTS[path.stem]}


def read_record(recipe: Path, name: str) -> dict[str, Any]:
    """Of one training."""
    return json.loads((recipe.parent / "runs" / "loop-tiny" / name / "ovlt_train.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    recipe = cut(tmp_path_factory.mktemp("tiny"))
    told = run_loop(recipe)
    assert told.returncode == 0, told.stderr
    return recipe, told


@pytest.mark.timeout(900)  # four trainings and eight servers, one after the other
def test_every_model_is_another_and_knows_its_parent(
    ended: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    recipe, told = ended
    names = ["sft-1", "grpo-1", "sft-2", "grpo-2"]
    records = {name: read_record(recipe, name) for name in names}
    assert len({record["checkpoint"] for record in records.values()}) == len(names)
    assert records["sft-1"]["parent"] == records["sft-2"]["parent"]
    assert records["grpo-2"]["parent"] == records["sft-2"]["checkpoint"]
    done = steps(recipe, "loop-tiny")
    assert done["data-2"]["inputs"]["generator"] == records["grpo-1"]["checkpoint"]
    assert records["sft-2"]["version"] == done["data-2"]["result"]["version"]
    assert "blind guess" in told.stdout
