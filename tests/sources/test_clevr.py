from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


def ask(question: str, answer: object, picture: str = "CLEVR_val_000000.png") -> dict[str, object]:
    return {"image_filename": picture, "question": question, "answer": answer, "program": [{"inputs": []}]}


def write(layout: Layout, *rows: dict[str, object]) -> str:
    index = {"info": {}, "questions": list(rows)}
    return str(layout({"questions/CLEVR_val_questions.json": index, "images/val/CLEVR_val_000000.png": "red"}))


@pytest.mark.parametrize(
    ("stated", "answer", "answer_type"),
    [
        ("yes", "yes", "yes_no"),
        (False, "no", "yes_no"),
        ("3", "3", "integer"),
        (0, "0", "integer"),
        ("cyan", "cyan", "text"),
    ],
)
def test_golds_of_every_form(problems: Problems, layout: Layout, stated: object, answer: str, answer_type: str) -> None:
    (problem,) = problems("clevr", path=write(layout, ask("What?", stated)), split="val")
    assert (problem.origin, problem.answer, problem.answer_type) == ("0", answer, answer_type)


def test_odd_rows_are_set_aside(reasons: Reasons, layout: Layout) -> None:
    none = ask("What?", None)
    path = write(
        layout, none, ask("Who?", "yes", "CLEVR_val_000001.png"), ask("Why?", "3", "../a.png"), {"question": 1}
    )
    expected = {"0": "no_answer", "1": "bad_image", "2": "bad_image", "3": "bad_row"}
    assert reasons("clevr", path=path, split="val") == expected


def test_a_missing_split_lists_those_there(problems: Problems, layout: Layout) -> None:
    with pytest.raises(UsageError, match=r"CLEVR_train_questions\.json .*; files there: CLEVR_val_questions\.json"):
        problems("clevr", path=write(layout, ask("What?", "3")))
