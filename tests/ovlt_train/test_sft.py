"""SFT for real: the tiny model learns from a version, and training that is taken up ends with the same weights."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from a_training import HASTE, log, train, write_recipe

from ovlt_train.record import read_record

pytest.importorskip("trl", reason="needs the train extra: training is not tested")

ROWS: dict[str, Any] = {"batch": {"update": 2, "per_gpu": 1}}


def forget_after(output: Path, step: int) -> None:
    """As a kill would have left it."""
    for path in output.iterdir():
        if path.is_file() and path.name != "recipe.yaml":
            path.unlink()
        elif path.name.startswith("checkpoint-") and int(path.name.rpartition("-")[2]) > step:
            shutil.rmtree(path)


@pytest.mark.parametrize("keys", [{}, {"lora": {"r": 4}}], ids=["all-weights", "adapter"])
def test_training_that_is_taken_up_ends_with_the_same_weights(tmp_path: Path, keys: dict[str, Any]) -> None:
    recipe, output = write_recipe(tmp_path, kind="sft", **ROWS, **keys), tmp_path / "out"
    assert train("sft", recipe).returncode == 0
    whole, losses = read_record(output), [entry["loss"] for entry in log(output, 4) if "loss" in entry]
    assert whole is not None
    assert len(set(losses)) == 4
    forget_after(output, 2)
    (output / "checkpoint-3").mkdir()  # a save that was killed
    assert train("sft", recipe).returncode == 0
    again = read_record(output)
    assert again is not None
    assert again.checkpoint == whole.checkpoint
    assert [entry["loss"] for entry in log(output, 4) if "loss" in entry] == losses


def test_a_training_that_has_ended_is_not_begun_again(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, kind="sft", **ROWS, trl=HASTE | {"max_steps": 1})
    assert train("sft", recipe).returncode == 0
    before = (tmp_path / "out/model.safetensors").stat().st_mtime_ns
    assert train("sft", recipe).returncode == 0
    assert (tmp_path / "out/model.safetensors").stat().st_mtime_ns == before
    changed = train("sft", recipe, "seed=1")
    assert changed.returncode == 2
    assert "holds another training" in changed.stderr


def test_rows_with_and_without_a_picture_share_a_batch(tmp_path: Path) -> None:
    batch: dict[str, Any] = {"update": 4, "per_gpu": 4}
    recipe = write_recipe(tmp_path, kind="sft", pictures_only=False, batch=batch, trl=HASTE | {"max_steps": 2})
    done = train("sft", recipe)
    assert done.returncode == 0, done.stderr


def test_a_frozen_vision_tower_stays_as_it_is(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    recipe = write_recipe(tmp_path, kind="sft", **ROWS, freeze_vision=True, trl=HASTE | {"max_steps": 1})
    done = train("sft", recipe, "trl.warmup_steps=0")
    assert done.returncode == 0, done.stderr
    model = Path(read_record(tmp_path / "out").model)  # pyright: ignore[reportOptionalMemberAccess] (it ended)
    before, after = (load_file(folder / "model.safetensors") for folder in (model, tmp_path / "out"))
    moved = {name for name in before if not before[name].equal(after[name].to(before[name].dtype))}
    assert moved
    assert not [name for name in moved if name.startswith("visual.")]
