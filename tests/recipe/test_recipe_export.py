from pathlib import Path

import pytest

from ovlt_data.recipe import Recipe, load_recipe, recipe_hash, resolved_yaml
from ovlt_data.recipe.export import HASH_LEAVES_OUT

KEY = "s3cr3t-value"


@pytest.fixture
def full(good: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With everything whose meaning depends on the place: files, prompts, a key, values that YAML is tricky about."""
    monkeypatch.setenv("OVLT_TEST_KEY", KEY)
    (good.parent / "rows.jsonl").touch()
    (good.parent / "mine.jinja").write_text("Look.")
    text = (
        good.read_text().replace("{model: eye}", "{model: eye, prompt: mine.jinja}").replace("org/rows", "rows.jsonl")
    )
    extra = 'api_key_env: OVLT_TEST_KEY\n    revision: "1e5"\n    extra_body: {none: null, word: "no"}'
    good.write_text(text.replace("model: org/brain", f"model: org/brain\n    {extra}") + "store: here\n")
    return good


def _content(recipe: Recipe) -> object:
    return recipe.model_dump()


def test_a_resolved_recipe_is_the_same_recipe_in_any_folder(full: Path, tmp_path: Path) -> None:
    recipe = load_recipe(full)
    copy = tmp_path / "runs/trial/recipe.yaml"
    copy.parent.mkdir(parents=True)
    copy.write_text(resolved_yaml(recipe), "utf-8")
    again = load_recipe(copy)
    assert _content(again) == _content(recipe)
    assert recipe_hash(again) == recipe_hash(recipe)
    assert resolved_yaml(again) == resolved_yaml(recipe)


def test_a_resolved_recipe_holds_no_key(full: Path) -> None:
    text = resolved_yaml(load_recipe(full))
    assert KEY not in text
    assert "api_key_env: OVLT_TEST_KEY" in text


def test_an_openai_recipe_resolves_to_one_that_loads(full: Path) -> None:
    recipe = load_recipe(full, ["models.brain.provider=openai"])
    full.write_text(resolved_yaml(recipe))
    assert _content(load_recipe(full)) == _content(recipe)


@pytest.mark.parametrize(
    "said",
    [
        "name=other",
        "store=elsewhere",
        "stop.grace=1",
        "budget.requests=9",
        "models.brain.price={prompt: 1}",
        "models.brain.endpoint=http://other/v1",
        "models.brain.limits.concurrency=3",
        "models.brain.reasoning=false",
    ],
)
def test_what_changes_no_row_changes_no_hash(good: Path, said: str) -> None:
    assert recipe_hash(load_recipe(good, [said])) == recipe_hash(load_recipe(good))


@pytest.mark.parametrize(
    "said",
    [
        "seed=1",
        "stop.min_samples=2",
        "models.brain.model=org/other",
        "models.brain.revision=abc",
        "models.brain.sampling.top_p=0.9",
        "models.eye.images.max_pixels=100",
        "problems.sources.0.count=9",
        "reason.samples=3",
        "curate.1.select=first",
        "build.answer=model",
    ],
)
def test_what_changes_rows_changes_the_hash(good: Path, said: str) -> None:
    assert recipe_hash(load_recipe(good, [said])) != recipe_hash(load_recipe(good))


def test_what_the_hash_leaves_out_exists(good: Path) -> None:
    content = load_recipe(good).model_dump()
    assert HASH_LEAVES_OUT.keys() <= content.keys()
    assert HASH_LEAVES_OUT["models"]["__all__"] <= content["models"]["brain"].keys()
    assert HASH_LEAVES_OUT["stop"] <= content["stop"].keys()
