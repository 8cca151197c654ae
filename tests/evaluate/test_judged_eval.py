"""A judge's figure beside our grader's: what it is made of, who it names, and that ours stays what it was."""

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data.errors import RecipeError
from ovlt_data.evaluate.score import Score
from ovlt_data.evaluate.words import recipe_of_words
from ovlt_data.evaluating import evaluate, plan_tasks
from ovlt_data.prompts import load_prompt
from ovlt_data.recipe import load
from ovlt_data.recipe.evaluate import EvalRecipe

WORDS = ["Equal. <verdict>correct</verdict>", "<verdict>wrong</verdict>", "Hard to say."]
OPEN_GOLD = "9^{99999}"
"""Too large for the rules."""
NO_MORE = "http://127.0.0.1:9/v1"


def write_recipe(folder: Path, url: str, **judge: object) -> EvalRecipe:
    """Four text problems in MathVista's layout; of the last the gold is for the judge alone."""
    rows = {
        str(pid): {
            "pid": str(pid),
            "question": f"What is {pid} + 30? (judge: {WORDS[pid % 3]})",
            "answer": OPEN_GOLD if pid == 3 else str(pid + 30),
            "answer_type": "float",
            "precision": 1,
            "metadata": {"task": "sums" if pid < 2 else "others"},
        }
        for pid in range(4)
    }
    (folder / "testmini.json").write_text(json.dumps(rows))
    value: dict[str, Any] = {
        "name": "e",
        "models": {"m": {"endpoint": url, "model": "fake", "revision": "a", "sampling": {"seed": 7}}},
        "benchmarks": [{"source": "mathvista", "path": "."}],
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(value | ({"judge": {"endpoint": url, "model": "fake", **judge}} if judge else {})))
    return load(EvalRecipe, path)


async def run(recipe: EvalRecipe, folder: Path) -> list[Score]:
    scores = await evaluate(recipe, limit=None, out=folder / "runs", say=lambda _: None, stopping=asyncio.Event())
    assert scores is not None
    return scores


async def test_judged_figure_stands_beside_ours_and_names_who_judged(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        (plain, *_) = await run(write_recipe(tmp_path, server.url), tmp_path)
        (whole, *parts) = await run(write_recipe(tmp_path, server.url, revision="j"), tmp_path)
        extractions = [body for body in server.bodies if "The end of the reply" in json.dumps(body["messages"])]
    said = whole.judged
    assert said is not None
    assert (said.correct, said.unclear, said.accuracy) == (2, 1, 0.5)
    assert sum(part.judged.correct for part in parts if part.judged) == 2
    assert (whole.correct, whole.unscorable, whole.official) == (plain.correct, 1, plain.official)
    assert 0 < len(extractions) <= 4
    hashes = [load_prompt(f"judge/{name}", beside=tmp_path).sha256[:12] for name in ("extract", "verdict")]
    assert said.by == f"fake@j (judge/extract {hashes[0]}, judge/verdict {hashes[1]})"


async def test_every_file_names_the_judge(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        (whole, *_) = await run(write_recipe(tmp_path, server.url, revision="j"), tmp_path)
    assert whole.judged is not None
    folder, by = tmp_path / "runs" / "e", whole.judged.by
    (line, *_) = csv.DictReader((folder / "scores.csv").read_text().splitlines())
    assert (line["judged"], line["judge_unclear"], line["judged_by"]) == ("0.5000", "1", by)
    assert json.loads((folder / "scores.json").read_text())[0]["judged"]["by"] == by
    text = (folder / "scores.md").read_text()
    assert f"Judged    {by}" in text
    assert "| mathvista, judged | 4        | 50.0 (" in text


async def test_nothing_is_sent_twice(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        first = await run(write_recipe(tmp_path, server.url, revision="j"), tmp_path)
        assert len(server.asked) == len(set(server.asked))
    assert await run(write_recipe(tmp_path, NO_MORE, revision="j"), tmp_path) == first


async def test_without_extraction_the_rules_answer_is_judged(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        (whole, *_) = await run(write_recipe(tmp_path, server.url, extract=None), tmp_path)
        assert not any("The end of the reply" in json.dumps(body["messages"]) for body in server.bodies)
    assert whole.judged is not None
    assert "extract" not in whole.judged.by


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        pytest.param(
            {"on": ["mathverse"]}, "is to judge mathverse; expected names of benchmarks here: mathvista", id="on"
        ),
        pytest.param({"prompt": "judge/none"}, "no prompt `judge/none`", id="prompt"),
    ],
)
def test_wrong_judges_are_refused(tmp_path: Path, judge: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        write_recipe(tmp_path, NO_MORE, **judge)


def test_judge_may_stay_away_from_a_benchmark(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, NO_MORE, on=[])
    assert [task.once.judge for task in plan_tasks(recipe, out=tmp_path)] == [None]


def test_judge_in_one_line(tmp_path: Path) -> None:
    recipe = recipe_of_words("a/m", benchmarks="shapes", endpoint=NO_MORE, judge="a/j", judge_endpoint=NO_MORE)
    (task,) = plan_tasks(recipe, out=tmp_path)
    assert task.once.judge is not None
    assert (task.once.judge.of, task.once.models["judge"].model) == ("all", "a/j")
    assert task.once.models["judge"].sampling.greedy
