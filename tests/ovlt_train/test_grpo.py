"""GRPO for real: rollouts, the one grader's reward, and a kill that repeats only what followed a checkpoint."""

import json
from pathlib import Path

import pytest
from a_training import HASTE, build, log, train, write_recipe
from test_sft import forget_after

from ovlt_data.errors import UsageError
from ovlt_data.recipe import load
from ovlt_data.recipe.train import GrpoRecipe

pytest.importorskip("trl", reason="needs the train extra: training is not tested")

from ovlt_train.grpo import prepare_grpo
from ovlt_train.record import read_record

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


def test_prompts_of_unequal_length_share_a_rollout(tmp_path: Path) -> None:
    """Padded on the side that TRL doesn't expect, pictures would stand elsewhere in the long one's prompt."""
    recipe = write_recipe(tmp_path, kind="grpo", batch=BATCH | {"rollout": 3, "update": 3, "per_gpu": 6}, trl=SHORT)
    done = train("grpo", recipe, "trl.max_steps=1", "trl.save_steps=1")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recipes grpo.yaml and sft.yaml, on a version of each kind, and mixed/grpo.yaml, where a row has no picture."""
    folder = tmp_path_factory.mktemp("refused")
    (folder / "mixed").mkdir()
    write_recipe(folder, kind="grpo", batch=BATCH, trl=SHORT)
    write_recipe(folder, kind="sft", batch=BATCH, trl=SHORT)
    write_recipe(folder / "mixed", kind="grpo", pictures_only=False, batch=BATCH, trl=SHORT)
    return folder


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize(
    ("recipe", "override", "said"),
    [
        pytest.param("grpo", "trl.save_steps=3", "expected a multiple of 2", id="save-within-a-rollout"),
        pytest.param("grpo", "trl.lerning_rate=1", "did you mean `learning_rate`?", id="no-field-of-trl"),
        pytest.param("grpo", "trl.learning_rate=fast", "trl.learning_rate: is 'fast'", id="no-number"),
        pytest.param("grpo", "batch.per_gpu=3", "expected batch.per_gpu: one of 1, 2", id="does-not-divide"),
        pytest.param("grpo", "batch.rollout=3", "no multiple of update 2", id="no-whole-updates"),
        pytest.param("grpo", "trl.num_generations=4", "expected as `batch`", id="said-twice"),
        pytest.param("sft", "seed=0", "of kind sft; expected grpo", id="other-kind"),
        pytest.param("mixed/grpo", "seed=0", "3 rows with pictures and 1 without", id="some-without-pictures"),
    ],
)
def test_wrong_things_are_told_before_anything_loads(folder: Path, recipe: str, override: str, said: str) -> None:
    overrides = ["batch.update=2", override] if override.startswith("batch.rollout") else [override]
    with pytest.raises(UsageError) as error:
        prepare_grpo(load(GrpoRecipe, folder / f"{recipe}.yaml", overrides), gpus=1)
    assert said in str(error.value)
    assert not (folder / "out").exists()


def test_a_wrong_recipe_ends_the_process_with_status_2(folder: Path) -> None:
    done = train("grpo", folder / "grpo.yaml", "trl.num_generations=4")
    assert done.returncode == 2
    assert done.stderr.startswith("ovlt: ")
