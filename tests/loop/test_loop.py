"""The order of steps, their identities, and what a person is told, on a loop without torch."""

import json
from pathlib import Path

import a_loop
import pytest
from a_loop import HELD_OUT, PROBLEMS, SAMPLES, asked, run_loop, steps, write_loop

from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.publish.manifest import MANIFEST


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loop of two iterations that went through."""
    recipe = write_loop(tmp_path_factory.mktemp("ended"))
    told = run_loop(recipe)
    assert told.returncode == 0, told.stderr
    (recipe.parent / "told.txt").write_text(told.stdout)
    return recipe


def test_steps_come_in_the_papers_order(ended: Path) -> None:
    first = ["score-base", "data-1", "sft-1", "score-sft-1", "problems-1", "grpo-1", "score-grpo-1"]
    assert list(steps(ended)) == [*first, "data-2", "sft-2", "score-sft-2", "grpo-2", "score-grpo-2"]


def test_every_sft_starts_from_the_base_model_and_every_grpo_from_its_sft(ended: Path) -> None:
    done, base = steps(ended), checkpoint_hash(ended.parent / "base")
    assert [done[name]["inputs"]["model"] for name in ("sft-1", "sft-2")] == [base, base]
    for number in (1, 2):
        assert done[f"grpo-{number}"]["inputs"]["model"] == done[f"sft-{number}"]["result"]["checkpoint"]


def test_the_second_iterations_data_is_the_first_grpos(ended: Path) -> None:
    done = steps(ended)
    manifest = Path(done["data-2"]["result"]["dataset"]) / MANIFEST
    assert done["grpo-1"]["result"]["checkpoint"] in manifest.read_text("utf-8")


def test_a_name_that_is_served_again_never_yields_the_last_ones_replies(ended: Path) -> None:
    """Both datasets ask one question list of a model called `student`; five models answer the held-out questions."""
    assert len(asked(ended)) == 2 * PROBLEMS * SAMPLES + 5 * HELD_OUT


def test_a_loop_that_has_ended_sends_nothing_and_trains_nothing(ended: Path) -> None:
    before = [asked(ended), steps(ended)]
    again = run_loop(ended)
    assert again.returncode == 0
    assert [asked(ended), steps(ended)] == before
    assert len((ended.parent / "runs" / "fast" / "grpo-2" / "trained.log").read_text().splitlines()) == 1


def test_the_table_has_every_model_with_its_interval(ended: Path) -> None:
    table = (ended.parent / "told.txt").read_text()
    assert [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][2:] == [
        "blind guess",
        "base",
        "sft-1",
        "grpo-1",
        "sft-2",
        "grpo-2",
    ]
    assert "Iteration 2:" in table
    assert table.count(" to ") >= 5


def test_status_tells_lineage_and_what_is_to_do(ended: Path) -> None:
    told = run_loop(ended, "--status").stdout
    done = steps(ended)
    assert done["grpo-1"]["result"]["checkpoint"][:12] in told
    assert done["data-2"]["result"]["version"] in told


def test_a_changed_recipe_of_a_finished_step_is_refused(ended: Path) -> None:
    told = run_loop(ended, "--set", "iterations.0.data.set={reason.samples: 3}")
    assert told.returncode == 2
    assert "data-1 was finished with another recipe" in told.stderr


def test_an_iteration_may_be_added_to_a_loop_that_has_ended(tmp_path: Path) -> None:
    recipe = write_loop(tmp_path, iterations=1, evaluate=None)
    assert run_loop(recipe).returncode == 0
    before = len(asked(recipe))
    again = {"data": {"run": "data.yaml", "generator": "student"}, "sft": {"command": a_loop.TRAIN}}
    told = run_loop(recipe, "--set", f"iterations.1={json.dumps(again)}")
    assert told.returncode == 2, "a list's next entry is no override; the file is edited"
    text = a_loop.yaml.safe_load(recipe.read_text("utf-8"))
    text["iterations"].append(again)
    a_loop.write(recipe, text)
    assert run_loop(recipe).returncode == 0
    assert list(steps(recipe)) == ["data-1", "sft-1", "problems-1", "grpo-1", "data-2", "sft-2"]
    assert len(asked(recipe)) == before + PROBLEMS * SAMPLES
