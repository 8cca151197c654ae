from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import RecipeError
from ovlt_data.recipe import load_recipe

GOOD = """\
name: trial
models:
  eye: {endpoint: embedded}
  brain:
    endpoint: http://localhost:8000/v1
    model: org/brain
problems:
  sources:
    - {source: shapes, count: 8}
    - {source: rows, format: table, path: org/rows}
caption: {model: eye}
reason: {model: brain}
curate:
  - min_correct: 1
  - select: shortest
build: {kind: sft}
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "trial.yaml"
    path.write_text(GOOD, "utf-8")
    return path


@pytest.fixture
def complain(good: Path) -> Callable[..., list[str]]:
    """What is said of the good recipe with one part replaced, or with overrides; without the folder's name."""

    def complaints(old: str = "", new: str = "", *, sets: Sequence[str] = ()) -> list[str]:
        assert old in GOOD
        good.write_text(GOOD.replace(old, new, 1), "utf-8")
        with pytest.raises(RecipeError) as caught:
            load_recipe(good, sets)
        return [line.replace(f"{good.parent}/", "") for line in caught.value.problems]

    return complaints
