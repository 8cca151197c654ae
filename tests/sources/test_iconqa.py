from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem

Problems = Callable[..., Sequence[Problem]]
Reasons = Callable[..., dict[str, str]]
Layout = Callable[[dict[str, object]], Path]


def test_choices_by_index_and_blanks_by_text(problems: Problems, layout: Layout) -> None:
    path = layout(
        {
            "train/choose_txt/10/data.json": {"question": "Which?", "choices": ["2", "1"], "answer": 1},
            "train/choose_txt/10/image.png": "red",
            "train/fill_in_blank/9/data.json": {
                "question": "It is (_) long.",
                "answer": "4",
                "ques_type": "fill_in_blank",
            },
            "train/fill_in_blank/9/image.png": "blue",
        }
    )
    choice, blank = problems("iconqa", path=str(path))
    assert (choice.origin, choice.answer, choice.choices) == ("choose_txt/10", "B", ("2", "1"))
    assert (blank.origin, blank.answer, blank.choices) == ("fill_in_blank/9", "4", ())
    assert problems("iconqa", path=str(path / "train")) == [choice, blank]


def test_choices_that_are_pictures_are_no_problem(reasons: Reasons, layout: Layout) -> None:
    pictures = {
        "question": "Which?",
        "choices": ["choice_0.png", "choice_1.png"],
        "answer": 0,
        "ques_type": "choose_img",
    }
    path = layout(
        {
            "val/choose_img/1/data.json": pictures,
            "val/choose_img/1/image.png": "red",
            "val/choose_txt/2/data.json": {"question": "Which?", "choices": ["a", "b"], "answer": 2},
            "val/choose_txt/3/data.json": {"question": "Which?", "choices": ["a", "b"], "answer": 1},
            "val/fill_in_blank/4/image.png": "red",
        }
    )
    assert reasons("iconqa", path=str(path), split="val") == {
        "choose_img/1": "choices_are_pictures",
        "choose_txt/2": "no_such_choice",
        "choose_txt/3": "bad_image",
        "fill_in_blank/4": "bad_row",
    }


def test_a_folder_may_not_be_a_link_that_leads_out(reasons: Reasons, layout: Layout, tmp_path: Path) -> None:
    path = layout({"train/choose_txt/1/image.png": "red", "elsewhere.json": {"question": "Q?", "answer": "1"}})
    secret = tmp_path / "secret"
    secret.mkdir()
    (path / "elsewhere.json").replace(secret / "data.json")
    (path / "train/choose_txt/1/image.png").replace(secret / "image.png")
    (path / "train" / "choose_txt" / "2").symlink_to(secret)
    assert reasons("iconqa", path=str(path))["choose_txt/2"] == "bad_image"


def test_a_missing_split_lists_those_there(problems: Problems, layout: Layout) -> None:
    path = layout({"val/choose_txt/1/image.png": "red"})
    with pytest.raises(UsageError, match=r"the split train of .*; folders there: val"):
        problems("iconqa", path=str(path))
