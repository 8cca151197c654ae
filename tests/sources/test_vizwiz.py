from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


def ask(*answers: str, **fields: object) -> dict[str, object]:
    said = [{"answer": answer, "answer_confidence": "maybe"} for answer in answers]
    return {"image": "a.jpg", "question": "What is this?", "answers": said, "answerable": 1} | fields


def write(layout: Layout, *rows: dict[str, object]) -> str:
    return str(layout({"Annotations/val.json": list(rows), "val/a.jpg": "red"}))


def test_all_ten_answers_are_kept(problems: Problems, layout: Layout) -> None:
    answers = ("unanswerable",) * 4 + ("soup",) * 3 + ("a can", "tin", "soup can")
    (problem,) = problems("vizwiz", path=write(layout, ask(*answers)), split="val")
    assert (problem.origin, problem.answer, problem.answer_type, problem.answers) == ("a.jpg", "soup", "vqa", answers)


def test_a_lone_answer_is_an_ordinary_gold(problems: Problems, layout: Layout) -> None:
    (problem,) = problems("vizwiz", path=write(layout, ask("Yes")), split="val")
    assert (problem.answer, problem.answer_type, problem.answers) == ("yes", "yes_no", ())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(ask("no", "no", "no", answerable=0), "unanswerable", id="answerable_0"),
        pytest.param(ask("no", "no", "no", answer_type="unanswerable"), "unanswerable", id="by_type"),
        pytest.param(ask("unanswerable", "unsuitable"), "unanswerable", id="nobody_says_anything"),
        pytest.param(ask(*"abcdefghij"), "no_agreement", id="ten_ways"),
        pytest.param(ask(), "no_answer", id="test_split"),
        pytest.param({"image": "a.jpg", "question": "?", "answers": [None]}, "bad_row", id="null_answer"),
        pytest.param(ask("x", image="../b.jpg"), "bad_image", id="leads_upwards"),
    ],
)
def test_what_nobody_could_answer_is_set_aside(
    reasons: Reasons, layout: Layout, row: dict[str, object], reason: str
) -> None:
    assert list(reasons("vizwiz", path=write(layout, row), split="val").values()) == [reason]


def test_a_missing_split_lists_those_there(problems: Problems, layout: Layout) -> None:
    with pytest.raises(UsageError, match=r"Annotations/train\.json .*; annotations there: val\.json"):
        problems("vizwiz", path=write(layout, ask("x")))
