import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Problems = Callable[..., Sequence[Problem]]


@pytest.fixture
def folder(tmp_path: Path, draw: Callable[[str], bytes]) -> Path:
    root = tmp_path / "geometry3k"
    add(root / "train" / "2", draw("red"), answer="B")
    add(root / "train" / "10", draw("green"), answer="D", unit="in^2")
    add(root / "val" / "3", draw("blue"), answer="A")
    return root


def add(folder: Path, picture: bytes, **fields: object) -> None:
    folder.mkdir(parents=True)
    row = {"problem_text": f"Find x in figure {folder.name}.", "choices": ["3", "4", "5 \\sqrt { 2 }", "7"], **fields}
    (folder / "data.json").write_text(json.dumps(row | {"compact_text": "not this one", "id": 5}))
    (folder / "img_diagram.png").write_bytes(picture)


def test_the_gold_is_the_letter(problems: Problems, folder: Path) -> None:
    second, tenth = problems("geometry3k", path=str(folder))
    assert (second.origin, second.answer, second.answer_type) == ("2", "B", "choice")
    assert second.question == "Find x in figure 2."
    assert second.choices == ("3", "4", "5 \\sqrt { 2 }", "7")
    assert second.images[0].path == str(folder / "train" / "2" / "img_diagram.png")
    assert (tenth.origin, tenth.unit) == ("10", "in^2")


def test_a_split_is_named_or_is_the_folder(problems: Problems, folder: Path) -> None:
    (named,) = problems("geometry3k", path=str(folder), split="val")
    (itself,) = problems("geometry3k", path=str(folder / "val"))
    assert named == itself
    assert named.origin == "3"


def test_a_row_without_figure_fails_alone(read: Read, folder: Path) -> None:
    (folder / "train" / "2" / "img_diagram.png").unlink()
    lost, kept = read("geometry3k", path=str(folder))
    assert isinstance(kept, Problem)
    assert isinstance(lost, Unusable)
    assert (lost.origin, lost.reason, lost.failed) == ("2", "bad_image", True)
    assert str(folder / "train" / "2" / "img_diagram.png") in lost.message


def test_a_figure_may_not_be_a_link_that_leads_out(read: Read, folder: Path, tmp_path: Path) -> None:
    figure = folder / "train" / "2" / "img_diagram.png"
    shutil.move(figure, tmp_path / "secret.png")
    figure.symlink_to(tmp_path / "secret.png")
    lost, _ = read("geometry3k", path=str(folder))
    assert isinstance(lost, Unusable)
    assert "leads out of" in lost.message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "truncated"),
        ('{"choices": ["1", "2"]}', "problem_text"),
        ('{"problem_text": "?", "choices": "1234"}', "choices"),
        ('{"x":' + "[" * 9000 + "]" * 9000 + "}", "data.json"),
    ],
    ids=["torn", "no_question", "choices_are_no_list", "endless"],
)
def test_a_broken_row_fails_alone(read: Read, folder: Path, content: str, says: str) -> None:
    (folder / "train" / "2" / "data.json").write_text(content)
    lost, kept = read("geometry3k", path=str(folder))
    assert isinstance(kept, Problem)
    assert isinstance(lost, Unusable)
    assert (lost.origin, lost.reason, lost.failed) == ("2", "bad_row", True)
    assert says in lost.message


def test_a_folder_without_data_fails_alone(read: Read, folder: Path) -> None:
    (folder / "train" / "2" / "data.json").unlink()
    lost, _ = read("geometry3k", path=str(folder))
    assert isinstance(lost, Unusable)
    assert (lost.reason, lost.failed) == ("bad_row", True)


@pytest.mark.parametrize(("answer", "reason"), [("", "no_answer"), ("E", "no_such_choice")])
def test_a_gold_that_is_no_choice_is_no_problem(read: Read, folder: Path, answer: str, reason: str) -> None:
    file = folder / "train" / "2" / "data.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"answer": answer}))
    lost, _ = read("geometry3k", path=str(folder))
    assert isinstance(lost, Unusable)
    assert (lost.reason, lost.failed) == (reason, False)


def test_a_missing_split_lists_those_there(read: Read, folder: Path) -> None:
    with pytest.raises(UsageError, match=r"the split test of .*; folders there: train, val"):
        read("geometry3k", path=str(folder), split="test")


def test_another_folder_is_told_what_was_expected(read: Read, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"source geometry3k: .*data\.json"):
        read("geometry3k", path=str(tmp_path))
    with pytest.raises(UsageError, match="no such file or folder"):
        read("geometry3k", path=str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="has no `path`; expected a folder with"):
        read("geometry3k")


def test_an_empty_split_is_an_error(read: Read, tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with pytest.raises(UsageError, match="holds no rows"):
        read("geometry3k", path=str(tmp_path))
