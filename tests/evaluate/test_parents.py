"""A trained model is to stand beside the one that it was trained from."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from ovlt_data.evaluate.parents import tell_missing
from ovlt_data.evaluate.score import Score
from ovlt_data.recipe.evaluate import EvalModel


@pytest.fixture
def models(tmp_path: Path) -> dict[str, EvalModel]:
    record = {"model": "Qwen/Base", "parent": "Qwen/Base@c0ffee", "checkpoint": "abc", "gpus": 1}
    (tmp_path / "ovlt_train.json").write_text(json.dumps(record))
    served = {"endpoint": ["http://localhost:1/v1"], "checkpoint": "abc"}
    return {"trained": EvalModel.model_validate(served | {"model": str(tmp_path)})}


def score_of(weights: str) -> Score:
    score = Score(model="m", benchmark="x", rule="r", problems=4, correct=2, unscorable=0, failed=0, low=0.1, high=0.9)
    return replace(score, weights=weights)


def test_a_parent_without_a_score_is_named(models: dict[str, EvalModel]) -> None:
    (line,) = tell_missing(models, [score_of("trained@abc")])
    assert line.startswith("trained was trained from Qwen/Base, which has no score here")


@pytest.mark.parametrize("weights", ["Qwen/Base@c0ffee", "Qwen/Base"])
def test_a_parent_with_a_score_is_enough(models: dict[str, EvalModel], weights: str) -> None:
    assert not list(tell_missing(models, [score_of("trained@abc"), score_of(weights)]))


def test_what_was_not_trained_here_has_no_parent() -> None:
    hub = EvalModel.model_validate({"endpoint": ["http://localhost:1/v1"], "model": "Qwen/Base", "revision": "a"})
    assert not list(tell_missing({"base": hub}, []))
