"""Mixtures: quotas, caps, difficulty, exclusion, a held-back split, and picks that new rows hardly disturb."""

from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.curate.mix import POOL, Mixed, mix
from ovlt_data.errors import UsageError
from ovlt_data.recipe.mix import Mix


def pool(**counts: int) -> pl.DataFrame:
    return pl.DataFrame([row(source, number) for source, n in counts.items() for number in range(n)], schema=POOL)


def row(source: str, number: int, **values: object) -> dict[str, object]:
    plain = {"images": [f"{source}-{number // 2}"], "pass_rate": number % 9 / 8, "pass_rate_model": "policy@1"}
    return {"id": f"{source}-{number}/0", "problem_id": f"{source}-{number}", "source": source} | plain | values


def spec(**keys: Any) -> Mix:
    return Mix.model_validate(keys)


def taken(mixed: Mixed) -> dict[str, int]:
    return dict(Counter(mixed.rows.filter(pl.col("split").is_not_null())["source"]))


def reasons(mixed: Mixed) -> dict[str, int]:
    return dict(Counter(mixed.rows["left_out_for"].drop_nulls()))


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        pytest.param({}, {"a": 60, "b": 30, "c": 10}, id="all"),
        pytest.param({"total": 50}, {"a": 30, "b": 15, "c": 5}, id="in-proportion"),
        pytest.param({"sources": {"a": {"count": 7}, "b": {"count": 3}}}, {"a": 7, "b": 3}, id="counts"),
        pytest.param(
            {"total": 20, "sources": {"a": {"share": 0.25}, "b": {"share": 0.75}}}, {"a": 5, "b": 15}, id="shares"
        ),
        pytest.param(
            {"total": 20, "sources": {"a": {"count": 5}, "b": {"weight": 2}, "c": {"weight": 1}}},
            {"a": 5, "b": 10, "c": 5},
            id="weights-share-the-rest",
        ),
        pytest.param({"max_share": 0.4}, {"a": 20, "b": 20, "c": 10}, id="capped"),
        pytest.param(
            {"total": 30, "max_share": 0.5, "on_short": "fill"}, {"a": 15, "b": 10, "c": 5}, id="capped-and-filled"
        ),
    ],
)
def test_quotas(keys: dict[str, Any], wanted: dict[str, int]) -> None:
    assert taken(mix(pool(a=60, b=30, c=10), spec(**keys), seed=0)) == wanted


def test_a_quota_that_cannot_be_filled_says_by_how_much() -> None:
    keys = {"total": 40, "sources": {"a": {"share": 0.5}, "c": {"share": 0.5}}}
    with pytest.raises(UsageError, match=r"c: 10 of 20 rows, 10 short"):
        mix(pool(a=60, c=10), spec(**keys), seed=0)
    assert taken(mix(pool(a=60, c=10), spec(**keys, on_short="report"), seed=0)) == {"a": 20, "c": 10}
    filled = mix(pool(a=60, c=10), spec(**keys, on_short="fill"), seed=0)
    assert taken(filled) == {"a": 30, "c": 10}
    assert [source.short for source in filled.sources] == [0, 10]


def test_a_cap_that_leaves_less_than_the_total_is_told() -> None:
    with pytest.raises(UsageError, match="max_share leaves 27 of 30 rows"):
        mix(pool(a=60, b=30, c=10), spec(total=30, max_share=0.5), seed=0)


def test_every_row_has_a_split_or_a_reason() -> None:
    rows = pl.concat([pool(a=20, b=5), pool(a=1)])
    keys = {"total": 8, "sources": {"a": {"weight": 1}}, "pass_rate": {"min": 0.1, "max": 0.9}}
    mixed = mix(rows, spec(**keys), seed=0)
    assert mixed.rows.height == rows.height
    assert (mixed.rows["split"].is_null() != mixed.rows["left_out_for"].is_null()).all()
    assert reasons(mixed) == {"source_not_asked": 5, "pass_rate": 5, "duplicate": 1, "quota": 7}


def test_problems_and_pictures_of_other_versions_are_left_out() -> None:
    rows = pool(a=6)
    excluded = rows.filter(pl.col("id") == "a-0/0")
    assert reasons(mix(rows, spec(), seed=0, excluded=excluded)) == {"excluded_problem": 1, "excluded_picture": 1}


def test_difficulty_by_another_model_is_not_taken_for_that_of_this_one() -> None:
    rows = pl.concat([pool(a=9), pl.DataFrame([row("a", 99, pass_rate_model="other@1")], schema=POOL)])
    mixed = mix(rows, spec(pass_rate={"min": 0.5, "max": 0.5, "model": "policy@1"}), seed=0)
    assert reasons(mixed) == {"pass_rate": 8, "not_rated": 1}


def test_few_rows_of_one_problem() -> None:
    rows = pl.DataFrame([row("a", n, problem_id="one") for n in range(5)], schema=POOL)
    assert reasons(mix(rows, spec(per_problem=2), seed=0)) == {"per_problem": 3}


@given(seed=st.integers(0, 50), share=st.sampled_from([0.05, 0.2, 0.5]))
def test_held_back_rows_share_no_picture_and_no_problem_with_the_others(seed: int, share: float) -> None:
    rows = pool(a=60, b=40)
    split = mix(rows, spec(validation={"share": share}), seed=seed).rows.partition_by("split", as_dict=True)
    train, held = split[("train",)], split[("validation",)]
    assert not set(train["images"].explode()) & set(held["images"].explode())
    assert not set(train["problem_id"]) & set(held["problem_id"])
    for source, rows_there in (("a", 60), ("b", 40)):
        assert abs(held.filter(source=source).height - share * rows_there) <= 1


def test_one_percent_more_rows_change_about_one_percent_of_the_picks() -> None:
    keys = spec(total=1000, sources={"a": {"share": 0.6}, "b": {"share": 0.4}})
    before, after = (mix(rows, keys, seed=3) for rows in (pool(a=2000, b=2000), pool(a=2020, b=2020)))
    picks = [set(mixed.rows.filter(pl.col("split").is_not_null())["id"]) for mixed in (before, after)]
    assert 1 <= len(picks[0] - picks[1]) <= 25


def test_the_order_of_the_pool_does_not_matter() -> None:
    rows, keys = pool(a=50, b=50), spec(total=20, validation={"share": 0.2})
    before, after = mix(rows, keys, seed=1).rows, mix(rows.reverse(), keys, seed=1).rows
    assert before.sort("id").equals(after.sort("id"))
