from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


ROW = {"pk": 968, "text": "What is angle ABO?", "diagram_url": "http://geo/media/q-1.png?x=1"}
CHOICES = {"10": "2", "1": "15", "2": "30", "3": "45", "4": "60"}


def test_the_answer_is_the_number_of_a_choice(problems: Problems, layout: Layout) -> None:
    rows = [{**ROW, "choices": CHOICES, "answer": answer} for answer in (4.00, "4.00", 4)]
    path = layout({"questions.json": rows[:1], "q-1.png": "red"})
    (problem,) = problems("geos", path=str(path))
    assert (problem.origin, problem.answer, problem.choices) == ("968", "D", ("15", "30", "45", "60", "2"))
    for row in rows[1:]:
        layout({"questions.json": [row]})
        assert problems("geos", path=str(path)) == [problem]


def test_a_folder_for_each_question(problems: Problems, layout: Layout) -> None:
    listed = {"text": "Which?", "choices": ["1", "4", "2"], "answer": "4"}
    free = {"text": "How long is AB?", "choices": {}, "answer": 7.5}
    path = layout(
        {"9/question.json": listed, "9/diagram.png": "red", "12/question.json": free, "12/diagram.png": "blue"}
    )
    nine, twelve = problems("geos", path=str(path))
    assert (nine.origin, nine.answer, nine.answer_type) == ("9", "B", "choice")
    assert (twelve.origin, twelve.answer, twelve.choices) == ("12", "7.5", ())


def test_odd_rows_are_set_aside(reasons: Reasons, layout: Layout) -> None:
    odd = [{"choices": CHOICES, "answer": "6"}, {"choices": CHOICES, "answer": ""}, {"choices": CHOICES, "answer": "x"}]
    rows = [
        {**ROW, "pk": number, **fields} for number, fields in enumerate([*odd, {"answer": 1, "diagram_url": "../a"}])
    ]
    path = layout({"questions.json": rows, "q-1.png": "red"})
    expected = {"0": "no_such_choice", "1": "no_answer", "2": "bad_row", "3": "bad_image"}
    assert reasons("geos", path=str(path)) == expected


def test_another_folder_is_told_what_was_expected(problems: Problems, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"source geos: .*questions\.json"):
        problems("geos", path=str(tmp_path))
    with pytest.raises(UsageError, match="GEOS has no splits"):
        problems("geos", path=str(tmp_path), split="official")
