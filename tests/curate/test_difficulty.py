"""Pass rates, pass@k and luck, against counting by hand."""

from itertools import combinations, product
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.curate import curate, describe_difficulty
from ovlt_data.curate.difficulty import guesses_passed, luck, pass_at
from ovlt_data.recipe import Step
from ovlt_data.tables import PROBLEMS, SAMPLES

counts = st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)))


def make(rates: dict[str, str], *, answer_type: str = "choice") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Problems by name, their samples as `+`, `-` and `?` (unscorable)."""
    status = {"+": "correct", "-": "wrong", "?": "unscorable"}
    facts = {"source": "s", "answer_type": answer_type, "choices": ["a", "b"]}
    problems = [{"id": name, **facts} for name in rates]
    samples = [
        {"problem_id": name, "source": "s", "slot": slot, "status": status[sign], "reasoning": f"{slot}", "reason": "x"}
        for name, signs in rates.items()
        for slot, sign in enumerate(signs)
    ]
    return pl.DataFrame(problems, schema=PROBLEMS), pl.DataFrame(samples, schema=SAMPLES)


def steps(*said: dict[str, Any]) -> list[Step]:
    return [Step.model_validate(step) for step in said]


@given(counts)
def test_pass_at_k_is_the_share_of_draws_with_a_correct_one(drawn: tuple[int, int, int]) -> None:
    n, c, k = drawn
    draws = [any(place < c for place in draw) for draw in combinations(range(n), k)]
    assert pass_at(k, n=n, c=c) == pytest.approx(sum(draws) / len(draws))


@given(st.integers(1, 6), st.integers(0, 7), st.integers(1, 4))
def test_luck_is_the_share_of_guesses_that_pass(n: int, least: int, choices: int) -> None:
    guesses = list(product(range(choices), repeat=n))
    right = sum(guess.count(0) >= least for guess in guesses)
    assert luck(n=n, least=least, chance=1 / choices) == pytest.approx(right / len(guesses))


@given(st.integers(0, 99), st.integers(0, 99), st.floats(0, 1))
def test_luck_explains_no_more_than_passed(failed: int, passed: int, odds: float) -> None:
    assert 0 <= guesses_passed(failed, passed=passed, odds=odds) <= passed


@given(st.integers(1, 99), st.floats(0.01, 0.9))
def test_of_guesses_alone_the_share_that_passed_is_their_odds(failed: int, odds: float) -> None:
    passed = guesses_passed(failed, passed=10**6, odds=odds)
    assert passed / (failed + passed) == pytest.approx(odds)


def test_each_source_is_told_before_anything_is_filtered() -> None:
    (told,) = curate(*make({"a": "++++", "b": "+---", "c": "----", "d": "??"}), [], kind="sft").difficulty
    assert (told.rated, told.unrated, told.bins) == (3, 1, (1, 1, 0, 0, 0, 1))
    assert [(p.k, p.rate, p.gap) for p in told.pass_at] == [(1, 0.4167, 0.0), (2, 0.5, 0.0833), (4, 0.6667, 0.25)]
    assert (told.passed, told.by_luck) == (2, 2.0)
    assert "luck alone explains 2.0 of 2" in describe_difficulty([told])[0]


def test_open_answers_are_not_guessed() -> None:
    (told,) = curate(*make({"a": "++", "c": "--"}, answer_type="number"), [], kind="sft").difficulty
    assert told.by_luck == 0


def test_no_pass_rates_are_said_to_be_none() -> None:
    (told,) = curate(*make({"a": "++"}), [], kind="sft", rated=pl.lit(False)).difficulty
    assert (told.rated, told.unrated, told.pass_at) == (0, 1, ())


def test_problems_are_taken_by_their_pass_rate() -> None:
    table = make({"easy": "++++", "fit": "++--", "hard": "----", "open": "??"})
    curated = curate(*table, steps({"pass_rate": {"min": 0.25, "max": 0.75}}), kind="grpo")
    assert curated.rows["problem_id"].to_list() == ["fit"]
    assert curated.funnel[-1].reasons == {"not_rated": 1, "too_easy": 1, "too_hard": 1}


def test_pass_rates_can_mark() -> None:
    curated = curate(*make({"easy": "++", "fit": "+-"}), steps({"mark": {"pass_rate": {"max": 0.75}}}), kind="grpo")
    assert curated.rows["mark_pass_rate"].to_list() == [True, False]
