from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


def ask(picture: int, answer: object, question: str = "Is Red the minimum?") -> dict[str, object]:
    return {"question_string": question, "question_id": 0, "image_index": picture, "answer": answer, "color1_id": -1}


def test_one_and_zero_are_yes_and_no(problems: Problems, layout: Layout) -> None:
    path = layout(
        {
            "train1/qa_pairs.json": {"qa_pairs": [ask(7, 1), ask(8, 0)]},
            "train1/png/7.png": "red",
            "train1/png/8.png": "blue",
        }
    )
    one, zero = problems("figureqa", path=str(path))
    assert [(row.answer, row.answer_type) for row in (one, zero)] == [("yes", "yes_no"), ("no", "yes_no")]
    assert [Path(row.images[0].path).name for row in (one, zero)] == ["7.png", "8.png"]
    assert problems("figureqa", path=str(path / "train1")) == [one, zero]


def test_a_test_split_has_no_answers(reasons: Reasons, layout: Layout) -> None:
    pairs = [{"question_string": "Is it?", "question_id": 0, "image_index": 7}, ask(7, 2), ask(9, 1)]
    path = layout({"test1/qa_pairs.json": {"qa_pairs": pairs}, "test1/png/7.png": "red"})
    expected = {"0": "no_answer", "1": "bad_row", "2": "bad_image"}
    assert reasons("figureqa", path=str(path), split="test1") == expected


def test_what_is_missing_is_said(problems: Problems, layout: Layout) -> None:
    path = layout({"validation1/qa_pairs.json": {"qa_pairs": []}})
    with pytest.raises(UsageError, match=r"the split train1 of .*; folders there: validation1"):
        problems("figureqa", path=str(path))
    with pytest.raises(UsageError, match="holds no rows"):
        problems("figureqa", path=str(path), split="validation1")
