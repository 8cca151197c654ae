"""Sources in the columns of their usual copies on the Hub, read from Parquet as it lies there."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ovlt_data.images import load
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import SOURCES, on_hub
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Draw = Callable[[str], bytes]

AI2D = {"question": "Which?", "options": ["anther", "petal", "sepal"], "answer": "2"}
GEOMETRY = {"problem": "<image>Find x.", "answer": "40"}
SCIENCE = {"question": "Which?", "choices": ["pull", "push"], "answer": 1, "hint": "Magnets."}
VIZWIZ = {"question_id": "v_9", "question": "What is it?", "answers": ["soup"] * 3 + ["can"], "category": "other"}


@pytest.fixture
def copy(read: Read, tmp_path: Path, draw: Draw) -> Callable[..., Problem | Unusable]:
    """The one row of a source's copy, with a red picture unless it names one itself."""

    def one(source: str, values: dict[str, Any]) -> Problem | Unusable:
        column = "images" if source == "geometry3k" else "image"
        picture = {"bytes": draw("red"), "path": "1.png"}
        data = tmp_path / "copy" / "data"
        data.mkdir(parents=True)
        cell = [picture] if column == "images" else picture
        pl.DataFrame([{column: cell} | values]).write_parquet(data / "test-0.parquet")
        (row,) = read(source, path=str(tmp_path / "copy"), split="test")
        return row

    return one


@pytest.mark.parametrize(
    ("source", "values", "question", "answer", "answer_type"),
    [
        pytest.param("ai2d", AI2D, "Which?", "C", "choice", id="ai2d_index_as_text"),
        pytest.param("geometry3k", GEOMETRY, "Find x.", "40", "auto", id="geometry3k_value"),
        pytest.param(
            "geometry3k", GEOMETRY | {"choices": ["30", "40"]}, "Find x.", "B", "choice", id="geometry3k_choice"
        ),
        pytest.param("scienceqa", SCIENCE, "Magnets.\nWhich?", "B", "choice", id="scienceqa"),
        pytest.param("vizwiz", VIZWIZ, "What is it?", "soup", "vqa", id="vizwiz"),
    ],
)
def test_a_copys_row(
    copy: Callable[..., Problem],
    draw: Draw,
    source: str,
    values: dict[str, Any],
    question: str,
    answer: str,
    answer_type: str,
) -> None:
    problem = copy(source, values)
    assert (problem.question, problem.answer, problem.answer_type) == (question, answer, answer_type)
    assert [load(image) for image in problem.images] == [draw("red")]


@pytest.mark.parametrize(
    ("source", "values", "reason"),
    [
        pytest.param("ai2d", AI2D | {"answer": "sepal"}, "bad_row", id="ai2d_no_index"),
        pytest.param("ai2d", AI2D | {"answer": "3"}, "no_such_choice", id="ai2d_index_out_of_range"),
        pytest.param("scienceqa", SCIENCE | {"answer": None}, "bad_row", id="scienceqa_no_answer"),
        pytest.param("vizwiz", VIZWIZ | {"category": "unanswerable"}, "unanswerable", id="vizwiz_unanswerable"),
        pytest.param("vizwiz", VIZWIZ | {"answers": None}, "no_answer", id="vizwiz_test"),
    ],
)
def test_a_copys_odd_row(copy: Callable[..., Unusable], source: str, values: dict[str, Any], reason: str) -> None:
    assert copy(source, values).reason == reason


def test_a_science_question_may_have_no_picture(copy: Callable[..., Problem]) -> None:
    assert copy("scienceqa", SCIENCE | {"image": None}).images == ()


@pytest.mark.parametrize("source", sorted(name for name, source in SOURCES.items() if source.hub))
def test_a_hub_id_needs_the_network(source: str) -> None:
    assert on_hub(SourceSpec(source=source, path="owner/name"))
