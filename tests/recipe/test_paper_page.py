"""docs/paper.md and the recipes: each recipe is told of somewhere, and each that is told of is there."""

import re
from pathlib import Path

import pytest

from ovlt_data import lookup

FOLDER = lookup.shipped("recipes")
ROOT = FOLDER.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TOLD = re.compile(r"\brecipes/[\w/-]+\.yaml")


def told(page: Path) -> set[str]:
    return set(TOLD.findall(page.read_text("utf-8")))


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_recipe_is_named_where_users_look(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    named = told(ROOT / "README.md") | told(ROOT / "docs" / "paper.md")
    assert name in named, f"{name}: say in docs/paper.md what it is for"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_recipes_that_a_page_names_are_there(page: Path) -> None:
    assert [name for name in sorted(told(page)) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("number", range(1, 9))
def test_each_table_of_the_paper_has_its_row(number: int) -> None:
    page = (ROOT / "docs" / "paper.md").read_text("utf-8").partition("## Figures")[0]
    assert re.search(rf"^\| {number} \| \S", page, re.MULTILINE)
