from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


def problem(split: str, answer: int = 1, **fields: object) -> dict[str, object]:
    row = {"question": "Which is it?", "choices": ["push", "pull"], "answer": answer, "split": split, "image": None}
    return row | {"hint": "", "lecture": "Long.", "solution": "Because."} | fields


def test_with_and_without_picture_and_hint(problems: Problems, layout: Layout) -> None:
    rows = {
        "7": problem("train", image="image.png", hint="Two magnets are placed as shown."),
        "8": problem("train", 0, hint=" "),
        "9": problem("test"),
    }
    path = layout({"problems.json": rows, "images/train/7/image.png": "red"})
    seven, eight = problems("scienceqa", path=str(path))
    assert (seven.origin, seven.answer, len(seven.images)) == ("7", "B", 1)
    assert seven.question == "Two magnets are placed as shown.\nWhich is it?"
    assert (eight.origin, eight.answer, eight.images, eight.question) == ("8", "A", (), "Which is it?")


def test_odd_rows_are_set_aside(reasons: Reasons, layout: Layout) -> None:
    rows = {
        "1": problem("train", image="image.png"),
        "2": problem("train", 2),
        "3": problem("train", choices=None),
        "4": {"split": 5},
        "../5": problem("train", image="image.png"),
    }
    expected = {"1": "bad_image", "2": "no_such_choice", "3": "bad_row", "4": "bad_row", "../5": "bad_image"}
    assert reasons("scienceqa", path=str(layout({"problems.json": rows}))) == expected


def test_a_split_without_rows_is_an_error(problems: Problems, layout: Layout, tmp_path: Path) -> None:
    path = layout({"problems.json": {"1": problem("train")}})
    with pytest.raises(UsageError, match="holds no rows"):
        problems("scienceqa", path=str(path), split="minival")
    with pytest.raises(UsageError, match=r"expected problems\.json"):
        problems("scienceqa", path=str(tmp_path))
