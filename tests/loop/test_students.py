"""Arms of a comparison, each with students of its own, on a loop's servers and the trainer without torch."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from a_loop import FAKE, OVLT, TRAIN, write, write_loop
from child_run import Server

SEEDS = [3, 4]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("teacher") / "asked.jsonl", "--model", "student", delay=0)
    yield server
    server.close()


def write_arms(folder: Path, url: str, **train: Any) -> Path:
    """Two arms of a loop's data; what is said of models and scores is the loop's as well."""
    write_loop(folder)
    serve = f"{FAKE} --port {{port}} --model student"
    said = {"model": "base", "serve": serve, "evaluate": "eval.yaml", "sft": {"command": TRAIN}, "seeds": SEEDS}
    here = {"models.student.endpoint": url}
    arms = {"all": here, "few": here | {"curate": [{"select": "shortest"}, {"max_words": 90}]}}
    return write(folder / "arms.yaml", {"name": "compared", "base": "data.yaml", "arms": arms, "train": said | train})


def compare(recipe: Path) -> subprocess.CompletedProcess[str]:
    words = ["arms", str(recipe), "--out", str(recipe.parent / "runs")]
    return subprocess.run([*OVLT, *words], capture_output=True, text=True, check=False)


def test_every_arm_has_a_student_for_each_seed_beside_the_base_model(tmp_path: Path, server: Server) -> None:
    recipe = write_arms(tmp_path, server.url)
    told = compare(recipe)
    assert told.returncode == 0, told.stderr
    rows = [line.split("|")[1].strip() for line in told.stdout.splitlines() if line.startswith("| ")]
    assert rows[-3:] == ["base", "all", "few"]
    done = json.loads((tmp_path / "runs/compared/run.json").read_text("utf-8"))["steps"]
    students = {name: step for name, step in done.items() if not name.startswith("score-")}
    assert list(students) == [f"{arm}-seed-{seed}" for arm in ("all", "few") for seed in SEEDS]
    assert len({step["result"]["checkpoint"] for step in students.values()}) == 4
    assert len({step["inputs"]["dataset"] for step in students.values()}) == 2


def test_a_wrong_training_is_told_before_an_arm_is_run(tmp_path: Path, server: Server) -> None:
    asked = server.size()
    told = compare(write_arms(tmp_path, server.url, sft="nowhere.yaml"))
    assert told.returncode == 2
    assert "train.sft: " in told.stderr
    assert server.size() == asked
