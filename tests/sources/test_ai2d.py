from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


QUESTIONS = {
    "Which forms the calyx?": {
        "abcLabel": False,
        "answerTexts": ["anther", "petal", "sepal", "stem"],
        "correctAnswer": 2,
        "questionId": "9.png-1",
    },
    "Which label shows the stem?": {
        "abcLabel": True,
        "answerTexts": ["A", "B", "C", "D"],
        "correctAnswer": 0,
        "questionId": "9.png-2",
    },
}


def test_the_answer_counts_from_0_and_drawn_letters_are_refused(
    problems: Problems, reasons: Reasons, layout: Layout
) -> None:
    path = layout({"questions/9.png.json": {"imageName": "9.png", "questions": QUESTIONS}, "images/9.png": "red"})
    assert reasons("ai2d", path=str(path)) == {"9.png Which label shows the stem?": "letters_not_in_picture"}
    del QUESTIONS["Which label shows the stem?"]
    layout({"questions/9.png.json": {"imageName": "9.png", "questions": QUESTIONS}})
    (problem,) = problems("ai2d", path=str(path))
    assert (problem.origin, problem.question, problem.answer) == ("9.png-1", "Which forms the calyx?", "C")


def test_odd_files_are_set_aside_alone(reasons: Reasons, layout: Layout) -> None:
    asked = {"answerTexts": ["a", "b"], "correctAnswer": 2}
    path = layout(
        {
            "images/1.png": "red",
            "questions/1.png.json": {"imageName": "1.png", "questions": {"Which?": asked, "What?": {"abcLabel": None}}},
            "questions/2.png.json": [1],
            "questions/3.png.json": {"imageName": "../3.png", "questions": {"Which?": asked | {"correctAnswer": 0}}},
        }
    )
    assert list(reasons("ai2d", path=str(path)).values()) == ["no_such_choice", "bad_row", "bad_row", "bad_image"]


def test_another_folder_is_told_what_was_expected(problems: Problems, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"source ai2d: .*questions/<n>\.png\.json"):
        problems("ai2d", path=str(tmp_path))
    with pytest.raises(UsageError, match="own files have no splits"):
        problems("ai2d", path=str(tmp_path), split="test")
