"""Intervals, pass@k and tables of scores, against figures worked out by hand or by counting."""

from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace

from ovlt_data.evaluate.files import read_scores, write_scores
from ovlt_data.evaluate.score import Score, best_of, pass_at, powers, score_run
from ovlt_data.evaluate.show import render_csv, render_markdown
from ovlt_data.review import wilson
from ovlt_data.tables import write_part


@pytest.mark.parametrize(
    ("correct", "problems", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (702, 1000, 0.6729, 0.7295), (0, 0, 0, 1)],
    ids=["none", "half", "all", "table_1", "nothing_asked"],
)
def test_wilsons_interval(correct: int, problems: int, low: float, high: float) -> None:
    assert wilson(correct, problems) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("correct", range(6))
@pytest.mark.parametrize("k", [1, 2, 5])
def test_pass_at_k_is_the_share_of_draws_with_a_correct_one(correct: int, k: int) -> None:
    draws = list(combinations([True] * correct + [False] * (5 - correct), k))
    assert pass_at(k, samples=5, correct=correct) == pytest.approx(sum(map(any, draws)) / len(draws))


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_best_official_score_of_k_draws(k: int) -> None:
    scores = [0.3, 1.0, 0.9]
    draws = list(combinations([*scores, 0.0, 0.0], k))
    assert best_of(k, samples=5, scores=scores) == pytest.approx(sum(map(max, draws)) / len(draws))


@pytest.mark.parametrize(("samples", "expected"), [(0, []), (1, [1]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_the_ks(samples: int, expected: list[int]) -> None:
    assert powers(samples) == expected


def write_run(folder: Path, statuses: dict[str, list[str]]) -> Path:
    """Problems by their category's first letter; each with samples of these statuses."""
    problems = [
        {"id": name, "categories": [f"task: {name[0]}"], "answer": "no" if name == "b2" else "yes"} for name in statuses
    ]
    samples = [
        {"problem_id": name, "slot": slot, "status": status}
        for name, several in statuses.items()
        for slot, status in enumerate(several)
    ]
    for table, rows in (("problems", problems), ("samples", samples)):
        columns = {"problems": ["id", "categories", "answer"], "samples": ["problem_id", "slot", "status"]}[table]
        assert all(list(row) == columns for row in rows)
        write_part(folder, table, rows, part=0)
    return folder


@pytest.fixture
def scores(tmp_path: Path) -> list[Score]:
    once = write_run(tmp_path / "once", {"a1": ["correct"], "a2": ["unscorable"], "b1": [], "b2": ["wrong"]})
    both = ["correct", "wrong"]
    several = write_run(tmp_path / "several", {"a1": both, "a2": ["wrong"] * 2, "b1": [], "b2": both})
    return score_run(once, model="m", benchmark="x", rule="r", several=several, samples=2)


def test_failed_and_undecided_answers_count_as_not_correct(scores: list[Score]) -> None:
    whole = scores[0]
    assert (whole.problems, whole.correct, whole.unscorable, whole.failed) == (4, 1, 1, 1)
    assert whole.accuracy == 0.25
    assert whole.pass_at == {1: 0.25, 2: 0.5}


def test_a_blind_guess_is_right_where_its_category_has_one_gold(scores: list[Score]) -> None:
    assert [score.guess for score in scores] == [0.75, 1.0, 0.5]


def test_categories_add_up(scores: list[Score]) -> None:
    whole, *parts = scores
    assert [part.category for part in parts] == ["task: a", "task: b"]
    assert sum(part.correct for part in parts) == whole.correct
    assert sum(part.problems for part in parts) == whole.problems


def test_csv_has_a_line_for_each_score(scores: list[Score]) -> None:
    frame = pl.read_csv(render_csv(scores).encode())
    assert frame["category"].to_list() == [None, "task: a", "task: b"]
    assert frame["accuracy"].to_list() == [0.25, 0.5, 0.0]
    assert frame["pass@2"].to_list() == [0.5, 0.5, 0.5]


def test_models_stand_side_by_side(scores: list[Score]) -> None:
    other = [Score(model="n", benchmark="x", rule="r", problems=4, correct=4, unscorable=0, failed=0, low=0.51, high=1)]
    first, *_ = [line for line in render_markdown([*scores, *other]).splitlines() if line.startswith("| x ")]
    assert [cell.strip() for cell in first.split("|")[1:-1]] == [
        "x",
        "4",
        "25.0 (4.6 to 69.9)",
        "100.0 (51.0 to 100.0)",
    ]


def test_files_keep_the_lines_of_others_and_replace_their_own(tmp_path: Path, scores: list[Score]) -> None:
    write_scores(tmp_path, scores)
    write_scores(tmp_path, [replace(score, model="n") for score in scores])
    write_scores(tmp_path, [replace(score, correct=0) for score in scores[:1]])
    there = read_scores(tmp_path)
    assert [(score.model, score.category) for score in there[:2]] == [("m", ""), ("n", "")]
    assert [score.correct for score in there[:2]] == [0, 1]
    assert pl.read_csv(tmp_path / "scores.csv").height == len(there) == 1 + len(scores)
