"""GRPO for real: rollouts, the one grader's reward, and a kill that repeats only what followed a checkpoint."""

import json
from pathlib import Path

import pytest
from a_training import HASTE, build, log, train, write_recipe
from test_sft import forget_after

from ovlt_train.record import read_record

pytest.importorskip("trl", reason="needs the train extra: training is not tested")

BATCH = {"rollout": 2, "update": 1, "completions": 2}
SHORT = HASTE | {"save_steps": 2, "eval_steps": 2, "max_completion_length": 12, "per_device_eval_batch_size": 2}


def test_training_between_rollouts_is_taken_up_exactly(tmp_path: Path) -> None:
    held_out = build(tmp_path / "held", kind="grpo")
    recipe = write_recipe(tmp_path, kind="grpo", batch=BATCH, trl=SHORT, held_out=str(held_out))
    output = tmp_path / "out"
    done = train("grpo", recipe)
    assert done.returncode == 0, done.stderr
    whole, history = read_record(output), log(output, 4)
    assert whole is not None
    assert {"reward", "completions/mean_length"} <= set(json.loads((output / "curves.json").read_text()))
    assert (output / "curves.png").stat().st_size > 1000
    forget_after(output, 2)
    assert train("grpo", recipe).returncode == 0
    again = read_record(output)
    assert again is not None
    assert again.checkpoint == whole.checkpoint
    assert [entry.get("reward") for entry in log(output, 4)] == [entry.get("reward") for entry in history]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        pytest.param("trl.save_steps=3", "expected a multiple of 2", id="save-within-a-rollout"),
        pytest.param("trl.lerning_rate=1", "did you mean `learning_rate`?", id="no-field-of-trl"),
        pytest.param("trl.learning_rate=fast", "trl.learning_rate: is 'fast'", id="no-number"),
        pytest.param("batch.per_gpu=3", "expected batch.per_gpu: one of 1, 2", id="does-not-divide"),
        pytest.param("trl.num_generations=4", "expected as `batch`", id="said-twice"),
    ],
)
def test_wrong_settings_are_told_before_anything_loads(tmp_path: Path, override: str, said: str) -> None:
    recipe = write_recipe(tmp_path, kind="grpo", batch=BATCH, trl=SHORT)
    done = train("grpo", recipe, override)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_version_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, kind="sft", batch=BATCH, trl=SHORT)
    done = train("grpo", recipe)
    assert done.returncode == 2
    assert "of kind sft; expected grpo" in done.stderr


def test_rows_without_a_picture_among_others_are_refused(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, kind="grpo", pictures_only=False, batch=BATCH, trl=SHORT)
    done = train("grpo", recipe)
    assert done.returncode == 2
    assert "3 rows with pictures and 1 without" in done.stderr
