"""What goes wrong in a loop is told early, with what to do, and nothing is left running."""

import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from a_loop import run_loop, steps, write, write_loop


def edit(recipe: Path, **keys: Any) -> Path:
    return write(recipe, yaml.safe_load(recipe.read_text("utf-8")) | keys)


def edit_step(recipe: Path, step: str, said: Any) -> Path:
    iterations = yaml.safe_load(recipe.read_text("utf-8"))["iterations"]
    return edit(recipe, iterations=[iterations[0] | {step: said}])


def left_running(folder: Path) -> list[str]:
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(folder) in line]


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        (f"{sys.executable} -c 'raise SystemExit(\"CUDA is out of memory\")'", "CUDA is out of memory"),
        ("no-such-server --port {port}", "no-such-server"),
        ({"command": f"{sys.executable} -c 'import time; time.sleep(60)'", "ready": 0.5}, "is not ready after 0.5 s"),
        ({"url": "http://127.0.0.1:9/v1", "ready": 0.5}, "expected it to list fast-base"),
    ],
    ids=["dies", "is-not-there", "never-ready", "nobody-serves"],
)
def test_a_server_that_does_not_come_up_is_told_with_its_last_words(tmp_path: Path, serve: Any, says: str) -> None:
    told = run_loop(write_loop(tmp_path, serve=serve))
    assert told.returncode == 3
    assert says in told.stderr
    assert left_running(tmp_path) == []


def test_a_server_that_dies_at_work_stops_the_loop_at_once(tmp_path: Path) -> None:
    """Not after the minutes that a run waits for a server to come back."""
    dying = f"{sys.executable} {Path(__file__).parent / 'dying_server.py'} {{port}}"
    told = run_loop(write_loop(tmp_path, serve=dying))
    assert told.returncode == 3
    assert "the server serve base ended with exit status 4" in told.stderr
    assert "died of thirst" in told.stderr


def test_a_trainer_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    recipe = edit_step(write_loop(tmp_path, evaluate=None), "sft", {"command": f"{sys.executable} -c 'import no_such'"})
    told = run_loop(recipe)
    assert told.returncode == 1
    assert "No module named 'no_such'" in told.stderr
    assert list(steps(recipe)) == ["data-1"]


def test_a_trainer_that_leaves_no_weights_is_told(tmp_path: Path) -> None:
    told = run_loop(edit_step(write_loop(tmp_path, evaluate=None), "sft", {"command": "mkdir -p {output}"}))
    assert told.returncode == 2
    assert "no weights" in told.stderr


@pytest.mark.parametrize(
    ("key", "said", "says"),
    [
        ("data", "nowhere.yaml", "iterations.0.data: "),
        ("data", "problems.yaml", "build.kind: is grpo; expected sft"),
        ("data", {"run": "data.yaml", "servers": {"teacher": "x"}}, "models: has no teacher; there: student"),
        ("data", {"run": "data.yaml", "generator": "student"}, "nothing is trained before the first iteration"),
        ("sft", {"command": "train {modle}"}, "asks for {modle}; expected one of"),
        ("sft", {"command": "train", "recipe": "sft.yaml"}, "expected exactly one of `recipe` and `command`"),
        ("sft", {"command": "train {export}"}, "goes with {export} in `command`"),
        ("problems", None, "GRPO needs them"),
    ],
)
def test_a_wrong_recipe_is_told_before_anything_starts(tmp_path: Path, key: str, said: Any, says: str) -> None:
    recipe = edit_step(write_loop(tmp_path), key, said)
    told = run_loop(recipe)
    assert told.returncode == 2
    assert says in told.stderr
    assert steps(recipe) == {}


def test_another_trainer_gets_the_dataset_in_its_own_form(tmp_path: Path) -> None:
    there = {"command": "test -f {export}/dataset_info.json", "export": "llamafactory"}
    told = run_loop(edit_step(write_loop(tmp_path, evaluate=None), "sft", there))
    assert "no weights" in told.stderr, "the command found the file, and trained nothing"
