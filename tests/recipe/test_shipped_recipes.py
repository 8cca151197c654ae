import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ovlt_data import lookup
from ovlt_data.prompts import load_prompt
from ovlt_data.recipe import json_schema, load_recipe
from ovlt_data.recipe.yaml import parse

FOLDER = lookup.shipped("recipes")
SCHEMA = FOLDER / "recipe.schema.json"
RECIPES = sorted(FOLDER.rglob("*.yaml"))


def _name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def test_there_are_recipes() -> None:
    assert {"quickstart.yaml", "paper/sft_iter1.yaml"} <= {_name(path) for path in RECIPES}


@pytest.mark.parametrize("path", RECIPES, ids=_name)
def test_it_loads_and_its_prompts_know_their_variables(path: Path) -> None:
    recipe = load_recipe(path)
    load_prompt(recipe.build.prompt, beside=recipe.folder, variables={"question", "choices"})
    if recipe.caption and recipe.caption.model:
        load_prompt(recipe.caption.prompt, beside=recipe.folder)
    if recipe.reason:
        seen = {"question", "choices", "source"} | ({"caption"} if recipe.caption else set())
        load_prompt(recipe.reason.prompt, beside=recipe.folder, variables=seen)


@pytest.mark.parametrize("path", RECIPES, ids=_name)
def test_its_first_line_is_the_command_and_its_second_the_schema(path: Path) -> None:
    first, second, *_ = path.read_text("utf-8").splitlines()
    assert first == f"# ovlt run recipes/{_name(path)}"
    assert second.startswith("# yaml-language-server: $schema=")
    assert (path.parent / second.partition("=")[2]).resolve() == SCHEMA.resolve()


@pytest.mark.parametrize("path", RECIPES, ids=_name)
def test_editors_find_nothing_wrong_with_it(path: Path) -> None:
    Draft202012Validator(json_schema()).validate(parse(path.read_text("utf-8")).value)


def test_the_schema_for_editors_is_current() -> None:
    assert json.loads(SCHEMA.read_text("utf-8")) == json_schema(), "write it anew: python -m ovlt_data.recipe"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"nmae": "a"}, id="unknown-key"),
        pytest.param({"curate": [{"min_words": 1, "max_words": 2}]}, id="two-keys-in-a-step"),
        pytest.param({"curate": [{"min_correct": {"yesno": 1}}]}, id="no-answer-type"),
        pytest.param({"curate": [{"select": "longest"}]}, id="not-an-option"),
    ],
)
def test_editors_find_what_is_wrong(wrong: dict[str, Any]) -> None:
    recipe: dict[str, Any] = {"name": "a", "problems": {"sources": [{"source": "shapes"}]}, "build": {"kind": "sft"}}
    validator = Draft202012Validator(json_schema())
    assert validator.is_valid(recipe)
    assert not validator.is_valid(recipe | wrong)


def test_every_key_is_described() -> None:
    bare = [
        f"{name}.{key}"
        for name, part in json_schema()["$defs"].items()
        for key, node in part["properties"].items()
        if "description" not in node
    ]
    assert bare == []
