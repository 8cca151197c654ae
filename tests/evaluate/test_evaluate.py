"""Whole evaluations against an endpoint on a real socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data.errors import RecipeError, UsageError
from ovlt_data.evaluate.score import Score
from ovlt_data.evaluate.words import recipe_of_words
from ovlt_data.evaluating import evaluate, plan_tasks
from ovlt_data.recipe import load
from ovlt_data.recipe.evaluate import TABLE_6, EvalRecipe
from ovlt_data.tables import read_table

VISTA = {
    "1": {"choices": ["3", "5"], "answer": "5", "answer_type": "text"},
    "2": {"answer": "1.30", "precision": 2, "answer_type": "float"},
}


def write_recipe(folder: Path, url: str, **more: object) -> EvalRecipe:
    model = {"endpoint": url, "model": "fake", "revision": "a"}
    recipe: dict[str, Any] = {"name": "e", "models": {"m": model}, "benchmarks": [{"source": "shapes", "count": 6}]}
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe | more))
    return load(EvalRecipe, path)


async def run(recipe: EvalRecipe, folder: Path) -> list[Score]:
    scores = await evaluate(recipe, limit=None, out=folder / "runs", say=lambda _: None, stopping=asyncio.Event())
    assert scores is not None
    return scores


async def test_models_are_asked_as_in_the_paper_and_nothing_twice(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        recipe = write_recipe(tmp_path, server.url, pass_at={"samples": 3, "sampling": {"seed": 1}})
        first = await run(recipe, tmp_path)
        bodies = [body for body in server.bodies if body.get("top_k") == 1]
        assert len(bodies) == 6
        sampling = {"max_tokens": 2048, "temperature": 0.01, "top_p": 0.001, "repetition_penalty": 1.0}
        assert {key: bodies[0][key] for key in sampling} == sampling
        assert [message["role"] for message in bodies[0]["messages"]] == ["user"]
        sent = len(server.bodies)
        assert await run(recipe, tmp_path) == first
        assert len(server.bodies) == sent
    assert (first[0].problems, first[0].failed) == (6, 0)
    assert list(first[0].pass_at) == [1, 2, 3]
    assert read_table(tmp_path / "runs" / "e" / "m-shapes-pass-at", "samples").height == 18
    assert (tmp_path / "runs" / "e" / "scores.csv").exists()
    assert (tmp_path / "runs" / "e" / "scores.md").exists()


@pytest.fixture
def vista(tmp_path: Path) -> Path:
    """A MathVista of ours, in its official layout; text problems, since their pictures have no part in this."""
    folder = tmp_path / "data" / "mathvista"
    folder.mkdir(parents=True)
    filed = {"question": "How much?", "metadata": {"task": "tables"}}
    (folder / "testmini.json").write_text(json.dumps({pid: {"pid": pid, **filed, **row} for pid, row in VISTA.items()}))
    return folder


async def test_each_benchmark_has_its_own_question_form(tmp_path: Path, vista: Path) -> None:
    async with FakeEndpoint() as server:
        benchmarks = [{"source": "mathvista", "path": str(vista)}]
        scores = await run(write_recipe(tmp_path, server.url, benchmarks=benchmarks), tmp_path)
        asked = sorted(json.dumps(body["messages"]) for body in server.bodies)
    assert [score.category for score in scores] == ["", "task: tables"]
    assert {score.official_rule for score in scores} == {"official:mathvista (rule-graded)"}
    assert all(score.official is not None and 0 <= score.official <= 1 for score in scores)
    assert any("Hint: Answer the question with the letter" in text and "(B) 5" in text for text in asked)
    assert any("a decimal number of 2 decimal places, such as 1.23" in text for text in asked)


def test_a_model_can_be_asked_in_the_words_it_learned(tmp_path: Path) -> None:
    model = {"endpoint": "http://localhost:1/v1", "model": "x", "revision": "a", "prompt": "student"}
    recipe = write_recipe(tmp_path, "", models={"m": model}, benchmarks=["mathvision", "shapes"])
    tasks = plan_tasks(recipe, out=tmp_path / "runs")
    assert [task.once.reason.prompt for task in tasks if task.once.reason] == ["student", "student"]


def test_an_override_of_one_number_leaves_table_6(vista: Path) -> None:
    said: dict[str, Any] = {"benchmarks": "mathvista", "endpoint": "http://localhost:1/v1", "revision": "a"}
    said |= {"data": vista.parent}
    recipe = recipe_of_words("m", **said, overrides=["models.m.sampling.max_tokens=9"])
    assert recipe.models["m"].sampling == TABLE_6.model_copy(update={"max_tokens": 9})


def test_a_model_on_benchmarks_in_one_line(tmp_path: Path, vista: Path) -> None:
    recipe = recipe_of_words(
        "Qwen/Qwen2.5-VL-7B-Instruct",
        benchmarks="mathvista",
        endpoint="http://localhost:1/v1",
        data=vista.parent,
        revision="a",
        name=None,
    )
    (task,) = plan_tasks(recipe, out=tmp_path / "runs")
    assert (recipe.name, task.model) == ("eval-Qwen2-5-VL-7B-Instruct", "Qwen2-5-VL-7B-Instruct")
    assert task.once.problems.sources[0].path == str(vista)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"benchmarks": "mathverse"}, r"no folder mathverse; .* there: mathvista", id="no_such_folder"),
        pytest.param({"endpoint": "localhost"}, r"endpoint", id="no_url"),
        pytest.param({"benchmarks": ","}, r"benchmarks: .*expected", id="no_benchmark"),
        pytest.param({"overrides": ["seed=zero"]}, r"--set: seed: ", id="override_of_a_wrong_type"),
        pytest.param({"overrides": ["models.m.samplign=1"]}, r"--set: models.m.samplign", id="override_of_nothing"),
    ],
)
def test_wrong_words_are_named(vista: Path, change: dict[str, Any], message: str) -> None:
    said: dict[str, Any] = {"benchmarks": "mathvista", "endpoint": "http://localhost:1/v1"} | change
    with pytest.raises((UsageError, RecipeError), match=message):
        recipe_of_words("m", **said, data=vista.parent, revision="a", name=None)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"pass_at": {"sampling": {"temperature": 0.0}}}, "is greedy", id="greedy_pass_at"),
        pytest.param({"benchmarks": ["shapes", "shapes"]}, "names shapes twice", id="one_name_twice"),
        pytest.param({"models": {}}, "models", id="no_model"),
    ],
)
def test_wrong_recipes_are_refused(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        write_recipe(tmp_path, "http://localhost:1/v1", **wrong)
