"""Labels and expressions of single steps."""

import polars as pl
import pytest

from ovlt_data.curate.steps import find_dropped, label
from ovlt_data.recipe import Step


@pytest.mark.parametrize(
    ("step", "text"),
    [
        pytest.param({"min_correct": 2}, "min_correct: 2", id="number"),
        pytest.param({"min_correct": {"yes_no": 3}}, "min_correct: {default: 1, yes_no: 3}", id="by-type"),
        pytest.param({"select": "shortest"}, "select: shortest", id="select"),
        pytest.param({"select": {"by": "first", "keep": 2}}, "select: {by: first, keep: 2}", id="select-keep"),
        pytest.param({"strip_reflections": "truncate"}, "strip_reflections: truncate", id="strip"),
        pytest.param({"mark": {"max_words": 500}}, "mark: {max_words: 500}", id="mark"),
    ],
)
def test_a_label_is_what_the_recipe_says(step: dict[str, object], text: str) -> None:
    assert label(Step.model_validate(step)) == text


def test_an_edit_is_no_filter() -> None:
    with pytest.raises(ValueError, match="no filter"):
        find_dropped(Step.model_validate({"strip_reflections": "truncate"}), pl.DataFrame())
