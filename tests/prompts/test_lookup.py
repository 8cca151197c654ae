from pathlib import Path

import pytest

from ovlt_data import lookup
from ovlt_data.errors import UsageError
from ovlt_data.prompts import load_prompt


@pytest.mark.parametrize("name", ["mine", "mine.jinja", "deep/mine", "prompts/mine.jinja", "own.txt"])
def test_a_prompt_beside_is_found_by_path_or_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "prompts/deep").mkdir(parents=True)
    for file in ("prompts/mine.jinja", "prompts/deep/mine.jinja", "own.txt"):
        (tmp_path / file).write_text(file)
    found = lookup.find_prompt(name, beside=tmp_path)
    assert found is not None
    assert found.is_relative_to(tmp_path)


def test_one_beside_hides_ours_of_the_same_name(tmp_path: Path) -> None:
    assert lookup.find_prompt("student", beside=tmp_path) == lookup.shipped("prompts") / "student.jinja"
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/student.jinja").write_text("Mine.")
    assert load_prompt("student", beside=tmp_path).text == "Mine."


def test_a_folder_is_no_prompt(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert lookup.find_prompt("mine", beside=tmp_path) is None


def test_an_unknown_name_lists_what_exists(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/mine.jinja").write_text("Mine.")
    with pytest.raises(
        UsageError, match=r"no prompt `capion`; .* one of: caption, .*mine, .*reason_from_caption, .*student"
    ):
        load_prompt("capion", beside=tmp_path)


def test_what_a_wheel_carries_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "PACKAGE", tmp_path / "ovlt_data")
    assert lookup.shipped("recipes") == tmp_path / "recipes"
    (tmp_path / "ovlt_data/_shipped/recipes").mkdir(parents=True)
    assert lookup.shipped("recipes") == tmp_path / "ovlt_data/_shipped/recipes"
