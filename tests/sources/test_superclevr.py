from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


def ask(question: str, answer: object, split: str = "new") -> dict[str, object]:
    return {"split": split, "image_filename": "s_0.png", "question": question, "answer": answer, "image_index": 0}


def write(layout: Layout, **files: list[dict[str, object]]) -> Path:
    indices: dict[str, object] = {
        f"superCLEVR_questions_{name}.json": {"questions": rows} for name, rows in files.items()
    }
    return layout({**indices, "images/s_0.png": "red"})


def test_answers_are_booleans_numbers_and_texts(problems: Problems, layout: Layout) -> None:
    path = write(layout, q30k=[ask("Any?", True), ask("None?", False), ask("Many?", 0), ask("What?", "mountain bike")])
    found = [(row.answer, row.answer_type) for row in problems("superclevr", path=str(path))]
    assert found == [("yes", "yes_no"), ("no", "yes_no"), ("0", "integer"), ("mountain bike", "text")]


def test_of_several_files_one_is_named(problems: Problems, layout: Layout) -> None:
    path = write(layout, five=[ask("A?", 1)], part_5=[ask("B?", 2)])
    (part,) = problems("superclevr", path=str(path), config="part_5")
    assert problems("superclevr", path=str(path / "superCLEVR_questions_part_5.json")) == [part]
    with pytest.raises(UsageError, match=r"named by `config`; files there: superCLEVR_questions_five"):
        problems("superclevr", path=str(path))


def test_a_split_is_that_of_the_rows(problems: Problems, reasons: Reasons, layout: Layout) -> None:
    path = write(layout, all=[ask("A?", 1, "train"), ask("B?", 2, "val")])
    assert [row.question for row in problems("superclevr", path=str(path), split="val")] == ["B?"]
    write(layout, all=[ask("A?", 1, "train"), {"split": "train"}])
    assert reasons("superclevr", path=str(path), split="val") == {"1": "bad_row"}
