"""The funnel accounts for every row, and says when traces became too short."""

import polars as pl
import pytest

from ovlt_data.curate.funnel import count_step, describe_funnel
from ovlt_data.types import FunnelStep


def table(*ids: str) -> pl.DataFrame:
    return pl.DataFrame({"problem_id": ids}, schema={"problem_id": pl.String})


def test_a_step_counts_rows_problems_and_reasons_with_the_largest_first() -> None:
    step = count_step("select: first", table("p", "p", "q", "r"), table("p"), reasons={"few": 1, "many": 2})
    assert (step.rows_in, step.rows_out, step.problems_in, step.problems_out) == (4, 1, 3, 1)
    assert list(step.reasons) == ["many", "few"]


def test_lines_name_each_step_with_its_reasons() -> None:
    step = FunnelStep(
        step="min_words: 3",
        rows_in=1200,
        rows_out=1000,
        problems_in=9,
        problems_out=8,
        reasons={"min_words": 200},
        touched=0,
    )
    assert describe_funnel((step,), table()) == [
        "min_words: 3     1,200 ->     1,000 rows         8 problems  200 min_words"
    ]


@pytest.mark.parametrize(("words", "warned"), [pytest.param(29, True, id="short"), pytest.param(30, False, id="long")])
def test_short_traces_are_warned_of(words: int, warned: bool) -> None:
    rows = pl.DataFrame({"problem_id": ["p"] * 20, "words": [words] + [500] * 19})
    text = "\n".join(describe_funnel((count_step("correct", rows, rows),), rows))
    assert f"5 percent of the rows have {words} or fewer" in text
    assert ("warning" in text) is warned
