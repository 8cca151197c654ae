"""SFT for real: the tiny model learns from a version, and training that is taken up ends with the same weights."""

import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from a_training import HASTE, TINY_MODEL, log, train, write_recipe

from ovlt_data.errors import UsageError
from ovlt_data.recipe import load
from ovlt_data.recipe.train import SftRecipe

pytest.importorskip("trl", reason="needs the train extra: training is not tested")

from safetensors.torch import load_file

from ovlt_train.record import read_record
from ovlt_train.sft import prepare_sft, train_sft

ROWS: dict[str, Any] = {"batch": {"update": 2, "per_gpu": 1}}


def forget_after(output: Path, step: int) -> None:
    """As a kill would have left it."""
    for path in output.iterdir():
        if path.is_file() and path.name != "recipe.yaml":
            path.unlink()
        elif path.name.startswith("checkpoint-") and int(path.name.rpartition("-")[2]) > step:
            shutil.rmtree(path)


class Trained(NamedTuple):
    recipe: Path
    output: Path
    keys: dict[str, Any]


@pytest.fixture(scope="module", params=[{}, {"lora": {"r": 4}}], ids=["all-weights", "adapter"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    recipe = write_recipe(folder, kind="sft", **ROWS, **request.param)
    done = train("sft", recipe)
    assert done.returncode == 0, done.stderr
    return Trained(recipe, folder / "out", request.param)


def test_training_that_is_taken_up_ends_with_the_same_weights(trained: Trained) -> None:
    output = trained.output
    whole, losses = read_record(output), [entry["loss"] for entry in log(output, 4) if "loss" in entry]
    assert whole is not None
    assert len(set(losses)) == 4
    forget_after(output, 2)
    (output / "checkpoint-3").mkdir()  # a save that was killed
    assert train("sft", trained.recipe).returncode == 0
    again = read_record(output)
    assert again is not None
    assert again.checkpoint == whole.checkpoint
    assert [entry["loss"] for entry in log(output, 4) if "loss" in entry] == losses


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
def test_a_training_that_has_ended_is_not_begun_again(trained: Trained) -> None:
    before = (trained.output / "model.safetensors").stat().st_mtime_ns
    train_sft(load(SftRecipe, trained.recipe))
    assert (trained.output / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="holds another training"):
        train_sft(load(SftRecipe, trained.recipe, ["seed=1"]))


def test_a_frozen_vision_tower_stays_as_it_is_and_rows_without_a_picture_join_a_batch(tmp_path: Path) -> None:
    batch: dict[str, Any] = {"update": 4, "per_gpu": 4}
    haste = HASTE | {"max_steps": 1, "warmup_steps": 0}
    recipe = write_recipe(tmp_path, kind="sft", pictures_only=False, batch=batch, freeze_vision=True, trl=haste)
    done = train("sft", recipe)
    assert done.returncode == 0, done.stderr
    before, after = (load_file(folder / "model.safetensors") for folder in (TINY_MODEL, tmp_path / "out"))
    moved = {name for name in before if not before[name].equal(after[name].to(before[name].dtype))}
    assert moved
    assert not [name for name in moved if name.startswith("visual.")]


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("marker", ["<image>", "<|image_pad|>"])
def test_a_marker_in_the_words_of_a_row_is_told(tmp_path: Path, marker: str) -> None:
    recipe = write_recipe(tmp_path, kind="sft", question=f"Which colour {marker}?", **ROWS)
    with pytest.raises(UsageError, match=rf"dataset row \w+.*marker {re.escape(marker)}.*build again"):
        prepare_sft(load(SftRecipe, recipe), gpus=1)
