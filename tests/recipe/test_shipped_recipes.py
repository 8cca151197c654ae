import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ovlt_data import lookup
from ovlt_data.arms import load_arms
from ovlt_data.generate.run import plan_walk
from ovlt_data.prompts import load_prompt
from ovlt_data.recipe import RecipeFile, json_schema, load, load_recipe
from ovlt_data.recipe.__main__ import SCHEMAS
from ovlt_data.recipe.arms import ArmsRecipe
from ovlt_data.recipe.yaml import parse

FOLDER = lookup.shipped("recipes")
COMMANDS: dict[str, str] = {
    "run": "recipe",
    "eval": "eval",
    "mix": "mix",
    "arms": "arms",
    "train sft": "train_sft",
    "train grpo": "train_grpo",
    "loop": "loop",
}
"""Commands that take a recipe, with the name of its schema."""
RECIPES = sorted(FOLDER.rglob("*.yaml"))


def _name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def _kind(path: Path) -> str:
    """The name of its schema, by the command in its first line."""
    first = path.read_text("utf-8").partition("\n")[0]
    found = re.match(rf"# ovlt ({'|'.join(COMMANDS)}) recipes/{re.escape(_name(path))}\b", first)
    assert found, f"{path}: its first line is to be the command that takes it"
    return COMMANDS[found[1]]


OF_DATASETS = [path for path in RECIPES if _kind(path) == "recipe"]


def test_there_are_recipes() -> None:
    assert {"quickstart.yaml", "paper/sft_iter1.yaml"} <= {_name(path) for path in RECIPES}


@pytest.mark.parametrize("path", RECIPES, ids=_name)
def test_it_loads(path: Path) -> None:
    assert load(SCHEMAS[_kind(path)], path).name


@pytest.mark.parametrize("path", OF_DATASETS, ids=_name)
def test_its_prompts_know_their_variables(path: Path) -> None:
    recipe = load_recipe(path)
    load_prompt(recipe.build.prompt, beside=recipe.folder, variables={"question", "choices"})
    plan_walk(recipe)


@pytest.mark.parametrize("path", [path for path in RECIPES if _kind(path) == "arms"], ids=_name)
def test_its_arms_load(path: Path) -> None:
    recipe = load(ArmsRecipe, path)
    arms = load_arms(recipe)
    assert list(arms) == list(recipe.arms)
    assert all(map(plan_walk, arms.values()))


@pytest.mark.parametrize("path", RECIPES, ids=_name)
def test_its_second_line_is_the_schema(path: Path) -> None:
    second = path.read_text("utf-8").splitlines()[1]
    assert second.startswith("# yaml-language-server: $schema=")
    assert (path.parent / second.partition("=")[2]).resolve() == (FOLDER / f"{_kind(path)}.schema.json").resolve()


@pytest.mark.parametrize("path", RECIPES, ids=_name)
def test_editors_find_nothing_wrong_with_it(path: Path) -> None:
    Draft202012Validator(json_schema(SCHEMAS[_kind(path)])).validate(parse(path.read_text("utf-8")).value)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_for_editors_is_current(name: str) -> None:
    written = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    assert written == json_schema(SCHEMAS[name]), "write it anew: python -m ovlt_data.recipe"


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


@pytest.mark.parametrize("kind", SCHEMAS.values(), ids=list(SCHEMAS))
def test_every_key_is_described(kind: type[RecipeFile]) -> None:
    bare = [
        f"{name}.{key}"
        for name, part in json_schema(kind).get("$defs", {}).items()
        for key, node in part["properties"].items()
        if "description" not in node
    ]
    assert bare == []
