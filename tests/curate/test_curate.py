"""Steps over small tables made here: who is kept, who is dropped, and for what reason."""

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl
import pytest

from ovlt_data.curate import curate, rejected_problems
from ovlt_data.errors import UsageError
from ovlt_data.recipe import Step
from ovlt_data.tables import PROBLEMS, SAMPLES, Curated

Row = tuple[str, int, str, str]
"""Problem, slot, status, reasoning."""


def make_problems(*ids: str, answer_type: str = "choice") -> pl.DataFrame:
    rows = [
        {"id": name, "source": "shapes", "question": "?", "answer": "A", "answer_type": answer_type} for name in ids
    ]
    return pl.DataFrame(rows, schema=PROBLEMS)


def make_samples(*rows: Row) -> pl.DataFrame:
    reasons = {"correct": "", "wrong": "differs", "unscorable": "timeout"}
    full = [
        {"problem_id": name, "source": "shapes", "slot": slot, "status": status, "reasoning": text, "content": "A"}
        | {"reason": reasons[status], "response_key": f"{name}-{slot}"}
        for name, slot, status, text in rows
    ]
    return pl.DataFrame(full, schema=SAMPLES)


def make_steps(*steps: Mapping[str, object]) -> list[Step]:
    return [Step.model_validate(step) for step in steps]


def apply(
    rows: Sequence[Row], *steps: Mapping[str, object], kind: Literal["sft", "grpo"] = "sft", answer_type: str = "choice"
) -> Curated:
    problems = make_problems(*sorted({row[0] for row in rows}), answer_type=answer_type)
    return curate(problems, make_samples(*rows), make_steps(*steps), kind=kind)


def kept(curated: Curated) -> list[tuple[str, int]]:
    return curated.rows.select("problem_id", "slot").rows()


def dropped(curated: Curated) -> list[tuple[str, int, str, str]]:
    return curated.rejected.select("problem_id", "slot", "rejected_at", "rejected_for").rows()


def test_only_correct_samples_enter_and_the_others_leave_for_their_verdicts_reason() -> None:
    curated = apply([("p", 0, "correct", "a b"), ("p", 1, "wrong", "c"), ("q", 0, "unscorable", "d")])
    assert kept(curated) == [("p", 0)]
    assert dropped(curated) == [("p", 1, "correct", "differs"), ("q", 0, "correct", "timeout")]


def test_a_problem_without_a_correct_sample_is_rejected_as_such() -> None:
    curated = apply([("p", 0, "correct", "a"), ("q", 0, "wrong", "b"), ("q", 1, "unscorable", "c")])
    assert rejected_problems(curated).rows() == [("q", "shapes", "correct", "no_correct")]


def test_counts_and_pass_rate_stand_with_each_row() -> None:
    rows = [("p", 0, "correct", "a"), ("p", 1, "wrong", "b"), ("p", 2, "wrong", "b"), ("p", 3, "unscorable", "c")]
    row = apply(rows).rows.row(0, named=True)
    assert (row["n_samples"], row["n_correct"], row["n_wrong"], row["n_unscorable"]) == (4, 1, 2, 1)
    assert row["pass_rate"] == pytest.approx(1 / 3)


def test_pass_rate_is_null_where_nothing_was_decided() -> None:
    curated = apply([("p", 0, "unscorable", "a")], kind="grpo")
    assert curated.rows["pass_rate"].to_list() == [None]


@pytest.mark.parametrize(
    ("least", "survives"),
    [
        pytest.param(2, True, id="as-many"),
        pytest.param(3, False, id="too-few"),
        pytest.param({"default": 3, "choice": 2}, True, id="own-type"),
        pytest.param({"default": 1, "choice": 3}, False, id="own-type-stricter"),
        pytest.param({"default": 1, "yes_no": 3}, True, id="another-type"),
    ],
)
def test_min_correct_counts_by_answer_type(least: object, survives: bool) -> None:
    rows = [("p", 0, "correct", "a"), ("p", 1, "correct", "b"), ("p", 2, "wrong", "c")]
    curated = apply(rows, {"min_correct": least})
    assert (curated.rows.height > 0) is survives
    assert rejected_problems(curated)["rejected_for"].to_list() == ([] if survives else ["min_correct"])


CHAINS = [
    ("p", 0, "correct", "one two three"),
    ("p", 1, "correct", "one two"),
    ("p", 2, "correct", "one  two\n"),
    ("p", 3, "correct", "one two three four"),
    ("p", 4, "wrong", "one"),
]


@pytest.mark.parametrize(
    ("select", "slots"),
    [
        pytest.param("shortest", [1], id="shortest"),
        pytest.param("second_longest", [0], id="second_longest"),
        pytest.param("first", [0], id="first"),
        pytest.param("all", [0, 1, 2, 3], id="all"),
        pytest.param({"by": "shortest", "keep": 2}, [0, 1], id="shortest-two-distinct"),
        pytest.param({"by": "second_longest", "keep": 2}, [0, 1], id="second_longest-two"),
        pytest.param({"by": "first", "keep": 9}, [0, 1, 3], id="first-more-than-there-are"),
    ],
)
def test_select(select: object, slots: list[int]) -> None:
    curated = apply(CHAINS, {"select": select})
    assert curated.rows["slot"].to_list() == slots
    assert curated.rejected.filter(rejected_at="correct").height == 1


def test_one_correct_chain_is_its_own_second_longest() -> None:
    assert kept(apply([("p", 0, "correct", "a b")], {"select": "second_longest"})) == [("p", 0)]


def test_chains_not_selected_leave_under_that_name() -> None:
    assert dropped(apply(CHAINS[:2], {"select": "shortest"})) == [("p", 0, "select: shortest", "not_selected")]


def test_truncate_edits_the_trace_and_keeps_the_raw_one_beside_it() -> None:
    row = apply([("p", 0, "correct", "It is red. Wait, blue?")], {"strip_reflections": "truncate"}).rows.row(
        0, named=True
    )
    assert (row["reasoning"], row["words"]) == ("It is red.", 3)
    assert row["raw_reasoning"] == "It is red. Wait, blue?"


def test_select_reads_the_trace_as_it_stands_at_its_step() -> None:
    rows = [("p", 0, "correct", "One two three four."), ("p", 1, "correct", "One two. Wait, is that all there is?")]
    truncate, select = {"strip_reflections": "truncate"}, {"select": "shortest"}
    assert kept(apply(rows, select, truncate)) == [("p", 0)]
    assert kept(apply(rows, truncate, select)) == [("p", 1)]


def test_words_are_bounded_on_both_sides_inclusively() -> None:
    rows = [("p", slot, "correct", "word " * slot) for slot in range(1, 5)]
    curated = apply(rows, {"min_words": 2}, {"max_words": 3})
    assert kept(curated) == [("p", 2), ("p", 3)]
    assert dropped(curated) == [("p", 1, "min_words: 2", "min_words"), ("p", 4, "max_words: 3", "max_words")]


def test_a_problem_is_rejected_for_the_reason_at_which_its_last_row_went() -> None:
    rows = [("p", 0, "correct", "a"), ("p", 1, "correct", "a b c"), ("p", 2, "wrong", "b")]
    curated = apply(rows, {"min_words": 2}, {"max_words": 2})
    assert rejected_problems(curated).rows() == [("p", "shapes", "max_words: 2", "max_words")]


def test_mark_writes_what_would_have_been_dropped_and_drops_nothing() -> None:
    curated = apply([("p", 0, "correct", "a"), ("p", 1, "correct", "a b c")], {"mark": {"max_words": 2}})
    assert curated.rows.select("slot", "mark_max_words").rows() == [(0, False), (1, True)]
    assert curated.funnel[-1].touched == 1


def test_the_same_filter_marked_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="mark_max_words would be written twice"):
        apply(CHAINS, {"mark": {"max_words": 2}}, {"mark": {"max_words": 3}})


def test_grpo_keeps_one_row_per_problem_and_asks_for_no_correct_sample() -> None:
    rows = [("p", 0, "wrong", "a"), ("q", 0, "correct", "a"), ("q", 1, "correct", "a")]
    curated = apply(rows, kind="grpo")
    assert curated.rows.select("problem_id", "n_samples", "n_correct").rows() == [("p", 1, 0), ("q", 2, 2)]


def test_grpo_drops_problems_by_their_counts() -> None:
    curated = apply([("p", 0, "wrong", "a"), ("q", 0, "correct", "a")], {"min_correct": 1}, kind="grpo")
    assert curated.rows["problem_id"].to_list() == ["q"]
    assert rejected_problems(curated)["rejected_for"].to_list() == ["min_correct"]


def test_samples_of_a_problem_that_failed_are_passed_over() -> None:
    samples = make_samples(("p", 0, "correct", "a"), ("gone", 0, "correct", "b"))
    curated = curate(make_problems("p"), samples, [], kind="sft")
    assert (kept(curated), curated.rejected.height) == ([("p", 0)], 0)


def test_nothing_in_gives_nothing_out() -> None:
    curated = curate(make_problems(), make_samples(), make_steps({"select": "shortest"}), kind="sft")
    assert (curated.rows.height, curated.rejected.height) == (0, 0)


def test_order_of_arrival_shows_nowhere() -> None:
    rows = [(name, slot, "correct" if slot else "wrong", "a b" * slot) for name in "pqrs" for slot in range(4)]
    steps = make_steps({"select": {"by": "first", "keep": 2}}, {"mark": {"max_words": 3}})
    problems, samples = make_problems(*"pqrs"), make_samples(*rows)
    first = curate(problems, samples, steps, kind="sft")
    second = curate(problems.reverse(), samples.sample(fraction=1, shuffle=True, seed=3), steps, kind="sft")
    assert first.rows.equals(second.rows)
    assert first.rejected.equals(second.rejected)
    assert first.funnel == second.funnel
