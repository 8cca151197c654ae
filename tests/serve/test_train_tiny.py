"""One step of training the tiny model: what it saves is what servers open."""

from pathlib import Path

import pytest

from ovlt_data.serve import train_tiny
from ovlt_data.serve.embedded import TINY_MODEL
from ovlt_data.serve.model import LoadedModel

LARGEST = 14_000_000


def test_a_step_makes_a_model_that_can_be_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_tiny, "PHASES", ((1, 2, 2),))
    train_tiny.train(tmp_path, steps=1, seed=0, after=0)
    assert 3e6 < LoadedModel(tmp_path).network.num_parameters() < 7e6
    assert {path.name for path in TINY_MODEL.iterdir()} == {path.name for path in tmp_path.iterdir()} | {"README.md"}


def test_committed_weights_are_small_and_thoughts_are_tokens() -> None:
    assert (TINY_MODEL / "model.safetensors").stat().st_size < LARGEST
    tokenizer = LoadedModel(TINY_MODEL).tokenizer
    ids = tokenizer("<think>x</think>")["input_ids"]
    assert len(ids) == 3
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<think>x</think>"


def test_any_text_passes_through_the_vocabulary() -> None:
    tokenizer = LoadedModel(TINY_MODEL).tokenizer
    text = "Ünïcode, 数学 ∑ 🙂 and plain words"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
