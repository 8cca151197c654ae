from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


def ask(answer: object, number: int = 5) -> dict[str, object]:
    return {"map_id": "map_0.png", "question": "Name the states ?", "answer": answer, "question_id": number}


def write(layout: Layout, *rows: dict[str, object]) -> Path:
    return layout({"MapQA_U/questions/train-QA.json": list(rows), "MapQA_U/images/map_0.png": "red"})


@pytest.mark.parametrize(
    ("stated", "answer", "answer_type"),
    [
        (["Utah", "New York"], "Utah, New York", "set"),
        (["Utah"], "Utah", "auto"),
        ("42.2%-62.6%", "42.2%-62.6%", "auto"),
        ("Yes", "yes", "yes_no"),
        (7, "7", "auto"),
        (1.5, "1.5", "auto"),
    ],
)
def test_answers_are_texts_numbers_and_lists(
    problems: Problems, layout: Layout, stated: object, answer: str, answer_type: str
) -> None:
    (problem,) = problems("mapqa", path=str(write(layout, ask(stated))), config="MapQA_U")
    assert (problem.origin, problem.answer, problem.answer_type) == ("5", answer, answer_type)


def test_a_subset_may_be_the_path(problems: Problems, layout: Layout) -> None:
    path = write(layout, ask("Utah"))
    assert len(problems("mapqa", path=str(path / "MapQA_U"))) == 1
    with pytest.raises(UsageError, match=r"questions/train-QA\.json of .*; there is: MapQA_U"):
        problems("mapqa", path=str(path))


def test_odd_rows_are_set_aside(reasons: Reasons, layout: Layout) -> None:
    path = write(layout, ask(None, 10), ask([], 20), ask({"a": 1}, 30), ask("x", 40) | {"map_id": "map_9.png"})
    expected = {"10": "no_answer", "20": "no_answer", "2": "bad_row", "40": "bad_image"}
    assert reasons("mapqa", path=str(path), config="MapQA_U") == expected
