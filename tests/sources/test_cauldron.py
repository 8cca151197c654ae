"""The Cauldron's rows, in the wording that its makers gave each subset."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from ovlt_data.images import load
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Draw = Callable[[str], bytes]


@pytest.fixture
def ask(read: Read, tmp_path: Path, draw: Draw) -> Callable[..., Sequence[Problem | Unusable]]:
    """The rows of one picture with these turns of (user, assistant)."""

    def asked(
        *turns: tuple[str, str], source: str = "X", colours: Sequence[str] = ("red",)
    ) -> Sequence[Problem | Unusable]:
        texts = [{"user": user, "assistant": assistant, "source": source} for user, assistant in turns]
        images = [{"bytes": draw(colour), "path": None} for colour in colours]
        folder = tmp_path / "cauldron" / "subset"
        folder.mkdir(parents=True)
        pl.DataFrame([{"images": images, "texts": texts}]).write_parquet(folder / "train-00000-of-00001.parquet")
        return read("x", format="cauldron", path=str(tmp_path / "cauldron"), config="subset")

    return asked


@pytest.mark.parametrize(
    ("source", "user", "assistant", "question", "answer", "answer_type"),
    [
        pytest.param(
            "AI2D",
            "Question: Which is it?\nChoices:\nA. leaf\nB. root\nAnswer with the letter.",
            "Answer: B",
            "Which is it?",
            "B",
            "choice",
            id="letter",
        ),
        pytest.param(
            "ScienceQA",
            "Lecture: Magnets pull.\nOr push.\nQuestion: Which?\nHint: Two magnets.\n"
            "Choices:\nA. pull\nB. push\nAnswer with the letter.",
            "Answer: A",
            "Which?\nHint: Two magnets.",
            "A",
            "choice",
            id="lecture_goes_hint_stays",
        ),
        pytest.param("FigureQA", "Is Red low?\nAnswer yes or no.", "Yes.", None, "yes", "yes_no", id="yes"),
        pytest.param("CLEVR-Math", "How many?\nBe succinct.", "3.", None, "3", "auto", id="number"),
        pytest.param("CLEVR", "What shape is it?", "Sphere.", None, "Sphere", "auto", id="capitalised"),
        pytest.param("MapQA", "Which states?", "Utah, New York.", None, "Utah, New York", "set", id="several"),
        pytest.param("MapQA", "What range?", "1,231,000-4,782,400.", None, "1,231,000-4,782,400", "auto", id="range"),
    ],
)
def test_golds_of_the_subsets(
    ask: Read, source: str, user: str, assistant: str, question: str | None, answer: str, answer_type: str
) -> None:
    (problem,) = ask((user, assistant), source=source)
    assert isinstance(problem, Problem)
    assert (problem.question, problem.answer, problem.answer_type) == (question or user, answer, answer_type)


def test_each_turn_is_a_problem_on_all_pictures(ask: Read, draw: Draw) -> None:
    one, two = ask(("Same?", "No."), ("How many?", "2."), colours=("red", "blue"))
    assert isinstance(one, Problem)
    assert isinstance(two, Problem)
    assert (one.origin, two.origin) == (
        "train-00000-of-00001.parquet:1#1",
        "train-00000-of-00001.parquet:1#2",
    )
    assert [load(image) for image in two.images] == [draw("red"), draw("blue")]
    assert one.images == two.images


def test_worked_solutions_are_no_golds(ask: Read) -> None:
    (row,) = ask(("How much is it?", "Add.\n$1 + $2 = $3\nThe total is $3."), source="TabMWP")
    assert isinstance(row, Unusable)
    assert (row.reason, row.failed) == ("no_answer", False)
    assert "read it from its own files" in row.message


def test_rows_of_another_form_are_set_aside(read: Read, tmp_path: Path) -> None:
    rows = [{"images": None, "texts": None}, {"images": None, "texts": [{"user": "Why?", "assistant": "So."}]}]
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    broken, fine = read("x", format="cauldron", path=str(tmp_path / "rows.parquet"))
    assert isinstance(broken, Unusable)
    assert broken.reason == "bad_row"
    assert isinstance(fine, Problem)
    assert fine.images == ()
