"""A comparison asks once, cuts its arms to one size, and says what each holds."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data.arms import Arm, make_table, run_arms
from ovlt_data.engine.tally import Tally
from ovlt_data.errors import RecipeError
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.recipe import Recipe, load
from ovlt_data.recipe.arms import ArmsRecipe

NO_MORE = "http://127.0.0.1:9/v1"
SHORTEST = [{"min_correct": 1}, {"select": "shortest"}]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    rows = [{"question": f"What is {number} + 30?", "answer": str(number + 30)} for number in range(24)]
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    value = {
        "name": "sums",
        "models": {"teacher": {"endpoint": NO_MORE, "model": "fake", "revision": "a", "sampling": {"seed": 1}}},
        "problems": {"sources": [{"source": "sums", "format": "table", "path": "sums.jsonl"}]},
        "reason": {"model": "teacher", "prompt": "student", "samples": 2},
        "build": {"kind": "sft"},
    }
    path = tmp_path / "base.yaml"
    path.write_text(json.dumps(value))
    return path


async def compare(base: Path, arms: dict[str, dict[str, Any]], **keys: Any) -> Sequence[Arm] | Outcome:
    path = base.with_name("arms.yaml")
    path.write_text(json.dumps({"name": "compared", "base": base.name, "arms": arms, **keys}))

    async def run(recipe: Recipe, options: Options) -> Outcome:
        return await run_recipe(recipe, options, tally=Tally(), say=lambda _: None, stopping=asyncio.Event())

    out = base.parent / "runs"
    return await run_arms(load(ArmsRecipe, path), out=out, name="compared", limit=None, run=run)


async def compare_steps(base: Path) -> Sequence[Arm]:
    """The kinds of arms of the paper's Table 3; the second has no server to ask."""
    long = [*SHORTEST, {"mark": {"max_words": 500}}, {"max_words": 60}]
    async with FakeEndpoint() as server:
        endpoint = {"models.teacher.endpoint": server.url}
        arms = {"all": endpoint | {"curate": SHORTEST}, "short": {"curate": long}}
        compared = await compare(base, arms, equal="rows")
    assert not isinstance(compared, Outcome)
    return compared


async def test_arms_that_differ_in_curation_send_nothing(base: Path) -> None:
    whole, short = await compare_steps(base)
    assert (whole.requests > 0, short.requests) == (True, 0)
    assert whole.pass_at == short.pass_at
    assert set(whole.pass_at) == {"1", "2"}


async def test_arms_are_cut_to_one_size(base: Path) -> None:
    whole, short = await compare_steps(base)
    assert whole.rows == short.rows == min(whole.rows_before, short.rows_before) < whole.rows_before
    assert pl.read_parquet(Path(whole.dataset) / "data" / "*.parquet").height == whole.rows


async def test_one_table_tells_of_all(base: Path) -> None:
    arms = await compare_steps(base)
    folder = base.parent / "runs" / "compared"
    assert (folder / "arms.md").read_text() == make_table(arms)
    assert [line.split(" | ")[0] for line in make_table(arms).splitlines()] == ["| arm", "| ---", "| all", "| short"]
    assert [arm["version"] for arm in json.loads((folder / "arms.json").read_text())] == [arm.version for arm in arms]


async def test_an_arm_that_can_not_be_is_told_before_anything_is_sent(base: Path) -> None:
    with pytest.raises(RecipeError, match=r"arms\.wrong: .*reason\.sample"):
        await compare(base, {"right": {}, "wrong": {"reason.sample": 3}})


async def test_arms_can_be_cut_to_as_many_tokens(base: Path) -> None:
    async with FakeEndpoint() as server:
        endpoint = {"models.teacher.endpoint": server.url}
        arms = {"all": endpoint | {"curate": SHORTEST}, "few": {"curate": [*SHORTEST, {"max_words": 60}]}}
        compared = await compare(base, arms, equal="tokens")
    assert not isinstance(compared, Outcome)
    whole, few = compared
    assert few.tokens is not None
    assert few.rows == few.rows_before
    assert whole.rows < whole.rows_before
    assert 0.7 * few.tokens < (whole.tokens or 0) <= few.tokens
