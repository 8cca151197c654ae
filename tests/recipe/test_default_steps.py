"""Steps that stand in a recipe by default."""

from pathlib import Path

import pytest

from ovlt_data.recipe import load_recipe

QUICKSTART = Path(__file__).parents[2] / "recipes/quickstart.yaml"


@pytest.mark.parametrize(
    ("overrides", "steps"),
    [
        pytest.param(["curate=[{select: first}]"], ["caption_leakage", "select"], id="after-a-captioner"),
        pytest.param(["curate=[{select: first}, {caption_leakage: keep}]"], ["select", "caption_leakage"], id="said"),
        pytest.param(["curate=[{mark: {caption_leakage: drop}}]"], ["mark"], id="marked"),
        pytest.param(["curate=[{min_correct: 1}]", "build={kind: grpo}"], ["min_correct"], id="grpo-has-no-traces"),
        pytest.param(
            ["curate=[{select: first}]", "caption=null", "reason.prompt=student"], ["select"], id="no-captioner"
        ),
    ],
)
def test_leakage_is_dropped_first_unless_said_otherwise(overrides: list[str], steps: list[str]) -> None:
    assert [step.name for step in load_recipe(QUICKSTART, overrides).steps] == steps
