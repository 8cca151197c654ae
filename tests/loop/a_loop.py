"""A loop whose models are the fake endpoint and whose trainer is `other_trainer.py`: real but for the learning."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fake_endpoint
import other_trainer
import yaml

OVLT = [sys.executable, "-c", "from ovlt_data.cli import main; main()"]
PROBLEMS, SAMPLES, HELD_OUT = 6, 2, 4
FAKE = f"{sys.executable} {fake_endpoint.__file__}"
TRAIN = f"{sys.executable} {other_trainer.__file__} {{model}} {{dataset}} {{output}} {{seed}}"
NOWHERE: dict[str, Any] = {"endpoint": "http://127.0.0.1:9/v1", "model": "student", "checkpoint": "later"}


def write_loop(folder: Path, *, iterations: int = 2, **keys: Any) -> Path:
    """The recipe of a loop; the servers' words are written to asked.jsonl."""
    _write_sums(folder / "sums.jsonl", count=PROBLEMS, start=0)
    _write_sums(folder / "held_out.jsonl", count=HELD_OUT, start=100)
    base = folder / "base"
    base.mkdir()
    (base / "model.safetensors").write_bytes(b"base")
    sums = {"source": "sums", "format": "table", "path": "sums.jsonl"}
    data = {"name": "data", "problems": {"sources": [sums]}, "curate": [{"select": "shortest"}]}
    data |= {"models": {"student": NOWHERE}, "reason": {"model": "student", "prompt": "student", "samples": SAMPLES}}
    write(folder / "data.yaml", data | {"build": {"kind": "sft"}})
    write(folder / "problems.yaml", {"name": "p", "problems": {"sources": [sums]}, "build": {"kind": "grpo"}})
    held_out = {"source": "held-out", "format": "table", "path": "held_out.jsonl"}
    write(folder / "eval.yaml", {"name": "e", "models": {"any": NOWHERE}, "benchmarks": [held_out]})
    fake = f"{FAKE} --port {{port}} --model student --log {folder / 'asked.jsonl'}"
    train = {"sft": {"command": TRAIN}, "grpo": {"command": TRAIN}}
    first = {"data": {"run": "data.yaml", "servers": {"student": fake}}, "problems": "problems.yaml", **train}
    again = {"data": {"run": "data.yaml", "generator": "student"}, **train}
    loop: dict[str, Any] = {"name": "fast", "model": "base", "serve": fake, "evaluate": "eval.yaml"}
    loop["iterations"] = [first, *[again] * (iterations - 1)]
    return write(folder / "loop.yaml", loop | keys)


def write(path: Path, recipe: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(recipe), "utf-8")
    return path


def start(recipe: Path, *options: str) -> subprocess.Popen[str]:
    command = [*OVLT, "loop", str(recipe), "--out", str(recipe.parent / "runs"), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_loop(recipe: Path, *options: str) -> subprocess.CompletedProcess[str]:
    with start(recipe, *options) as loop:
        printed, said = loop.communicate()
    return subprocess.CompletedProcess(loop.args, loop.returncode, printed, said)


def steps(recipe: Path, name: str = "fast") -> dict[str, Any]:
    """What the loop's run.json says of its finished steps."""
    path = recipe.parent / "runs" / name / "run.json"
    return json.loads(path.read_text("utf-8"))["steps"] if path.is_file() else {}


def asked(recipe: Path) -> Sequence[str]:
    """Every choice that any server was asked for."""
    path = recipe.parent / "asked.jsonl"
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def _write_sums(path: Path, *, count: int, start: int) -> None:
    rows = [{"question": f"What is {n} + {n}?", "answer": str(2 * n)} for n in range(start, start + count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
