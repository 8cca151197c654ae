import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ovlt_data.errors import RecipeError
from ovlt_data.recipe import find_recipe, load_recipe

Complain = Callable[..., list[str]]


def test_a_recipe_fills_in_what_it_leaves_out(good: Path) -> None:
    recipe = load_recipe(good)
    assert recipe.folder == good.parent
    assert recipe.models["brain"].sampling.repetition_penalty == 1.0
    assert recipe.reason is not None
    assert (recipe.reason.samples.max, recipe.reason.prompt) == (4, "reason_from_caption")
    assert [step.name for step in recipe.curate] == ["min_correct", "select"]


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(good: Path) -> None:
    good.write_text(
        good.read_text().replace("count: 8", "count: '8'").replace("kind: sft", "knid: sft").replace("trial", "a/b"),
        "utf-8",
    )
    with pytest.raises(RecipeError) as caught:
        load_recipe(good, ["reason.samples=many", "seed"])
    assert [line.split(": ")[:2] for line in caught.value.problems] == [
        ["--set", "reason.samples"],
        ["--set seed", "expected KEY.PATH=VALUE, such as reason.samples=8"],
        [f"{good}:1", "name"],
        [f"{good}:9", "problems.sources.0.count"],
        [f"{good}:16", "build.kind"],
        [f"{good}:16", "build.knid"],
    ]


MISTAKES = {
    "unknown-key": (
        "count: 8",
        "cuont: 8",
        "trial.yaml:9: problems.sources.0.cuont: is no key here; did you mean `count`?",
    ),
    "unknown-key-like-none": (
        "caption: {",
        "quota: {tokens: 1}\ncaption: {",
        "trial.yaml:11: quota: is no key here; expected one of: "
        "budget, build, caption, curate, judge, mix, models, name, probes, problems, reason, samples, seed, stop, "
        "stop_when, store",
    ),
    "budget-of-no-model": (
        "build: {",
        "budget: {models: {barin: {tokens: 1}}}\nbuild: {",
        "trial.yaml:16: budget: names the model `barin`; expected one that `models` lists: eye, brain",
    ),
    "cost-without-price": (
        "build: {",
        "budget: {models: {brain: {cost: 1}}}\nbuild: {",
        "trial.yaml:16: budget: limits the cost, but models.brain has no price; expected models.brain.price: "
        "{prompt: …, completion: …} per million tokens",
    ),
    "duplicate-key": (
        "name: trial",
        "name: trial\nname: other",
        "trial.yaml:2: name: is there twice, first in line 1; expected each key once",
    ),
    "wrong-type": (
        "count: 8",
        "count: '8'",
        "trial.yaml:9: problems.sources.0.count: is the text `8`; expected a whole number, at least 1",
    ),
    "out-of-bounds": (
        "count: 8",
        "count: 0",
        "trial.yaml:9: problems.sources.0.count: is the number 0; expected a whole number, at least 1",
    ),
    "commit-of-digits": (
        "count: 8",
        "revision: 12345",
        "trial.yaml:9: problems.sources.0.revision: is the number 12345 (text of digits needs quotes); expected text",
    ),
    "bad-name": (
        "  brain:",
        "  my brain:",
        "trial.yaml:4: models.my brain: is no name for this; expected letters, digits, `-` and `_`",
    ),
    "missing-section": (
        "build: {kind: sft}",
        "",
        "trial.yaml:1: build: is missing; expected a mapping",
    ),
    "empty-section": (
        "{kind: sft}",
        "",
        "trial.yaml:16: build: is empty; expected a mapping",
    ),
    "not-an-option": (
        "{kind: sft}",
        "{kind: dpo}",
        "trial.yaml:16: build.kind: is the text `dpo`; expected one of sft, grpo",
    ),
    "short-form": (
        "select: shortest",
        "select: longest",
        "trial.yaml:15: curate.1.select: is the text `longest`; "
        "expected one of shortest, second_longest, first, all or a mapping",
    ),
    "not-an-answer-type": (
        "min_correct: 1",
        "min_correct: {yesno: 1}",
        "trial.yaml:14: curate.0.min_correct.yesno: is no name for this; expected one of "
        "default, auto, yes_no, choice, integer, decimal, number, expression, text, list, set, time, range, vqa",
    ),
}


@pytest.mark.parametrize(("old", "new", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_line_key_and_expectation(complain: Complain, old: str, new: str, line: str) -> None:
    assert complain(old, new) == [line]


def test_a_wrong_default_of_sources_is_told_once_where_it_stands(complain: Complain) -> None:
    assert complain("  sources:", "  defaults: {sample: x}\n  sources:") == [
        "trial.yaml:8: problems.defaults.sample: is the text `x`; expected a whole number, at least 1"
    ]


def test_defaults_of_sources_are_filled_in_unless_said_otherwise(good: Path) -> None:
    good.write_text(good.read_text().replace("  sources:", "  defaults: {count: 3, config: c}\n  sources:"), "utf-8")
    first, second = load_recipe(good).problems.sources
    assert (first.count, second.count, first.config) == (8, 3, "c")
    assert (first.reader, second.reader) == ("shapes", "table")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(b"", "is empty; expected a recipe", id="empty"),
        pytest.param(b"# nothing\n", "is empty; expected a recipe", id="only-comments"),
        pytest.param(b"- a\n- b\n", "holds no mapping", id="list"),
        pytest.param(b"a: [1\n", "is not YAML", id="no-yaml"),
        pytest.param(b"name: \xff\n", "is not UTF-8 text", id="no-utf-8"),
    ],
)
def test_a_file_that_holds_no_recipe(good: Path, data: bytes, what: str) -> None:
    good.write_bytes(data)
    with pytest.raises(RecipeError, match=what):
        load_recipe(good)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such file"):
        load_recipe(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="can't be read"):
        load_recipe(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_first_key(good: Path) -> None:
    good.write_bytes(b"\xef\xbb\xbf" + good.read_bytes())
    assert load_recipe(good).name == "trial"


def test_paths_start_at_the_recipe_and_come_out_absolute(good: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").touch()
    good.write_text(good.read_text().replace("org/rows", "./x/../rows.jsonl") + "store: ../store\n", "utf-8")
    recipe = load_recipe(Path(os.path.relpath(good)))
    assert recipe.problems.sources[1].path == str(tmp_path / "rows.jsonl")
    assert recipe.store == [str(tmp_path.parent / "store")]


def test_a_name_that_is_no_path_is_taken_for_a_hub_id(good: Path, tmp_path: Path) -> None:
    assert load_recipe(good).problems.sources[1].path == "org/rows"
    (tmp_path / "org/rows").mkdir(parents=True)
    assert load_recipe(good).problems.sources[1].path == str(tmp_path / "org/rows")


@pytest.mark.parametrize("name", ["rows.jsonl", "data/rows.parquet", "/none/rows", "rows", "../org/rows"])
def test_a_missing_file_is_no_hub_id(complain: Complain, name: str) -> None:
    assert "problems.sources.1.path: no such file or folder" in complain("org/rows", name)[0]


def test_a_table_of_captions_must_be_there(complain: Complain) -> None:
    (line,) = complain("{model: eye}", "{from: org/captions}")
    assert line.startswith("trial.yaml:11: caption.from: no such file or folder")


def test_prompts_are_found_beside_the_recipe_before_ours(good: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/caption.jinja").write_text("Look.")
    recipe = load_recipe(good)
    assert recipe.caption is not None
    assert recipe.caption.prompt == str(tmp_path / "prompts/caption.jinja")
    assert recipe.build.prompt == "student"


def test_a_missing_prompt_names_those_that_exist(complain: Complain) -> None:
    (line,) = complain("reason: {", "reason: {prompt: raeson, ")
    assert line.startswith("trial.yaml:12: reason.prompt: no prompt `raeson`; expected a file")
    assert "reason_from_caption" in line


def test_our_recipes_are_found_by_name_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = {find_recipe(name) for name in ("quickstart", "quickstart.yaml", "recipes/quickstart.yaml")}
    assert len(found) == 1
    assert found.pop().is_file()
    (tmp_path / "quickstart.yaml").touch()
    assert find_recipe("quickstart.yaml") == Path("quickstart.yaml")


def test_a_recipe_that_nobody_knows_names_ours() -> None:
    with pytest.raises(RecipeError, match=r"no such file; .*paper/sft_iter1, .*, quickstart"):
        find_recipe("recipes/none.yaml")
