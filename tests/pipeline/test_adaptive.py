"""Samples until there are enough, rungs for what is left, and an end when there is enough of everything."""

import asyncio
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data.engine.tally import Tally
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.recipe import load_recipe
from ovlt_data.tables import read_table

PROBLEMS = 40
ADAPTIVE = "reason.samples={min: 1, max: 8, until: {correct: 1}}"
STRONGER = "reason.escalate=[{on: wrong, model: stronger, samples: 2}]"
LONGER = "reason.escalate=[{on: length, max_tokens: 1000}]"
NO_MORE = "http://127.0.0.1:9/v1"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Sums without pictures; the fake answers three of four rightly, each model in words of its own seed."""
    rows = [{"question": f"What is {number} + 30?", "answer": str(number + 30)} for number in range(PROBLEMS)]
    for part in ("a", "b"):
        half = rows[: PROBLEMS // 2] if part == "a" else rows[PROBLEMS // 2 :]
        (tmp_path / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in half))
    models = {name: {"model": "fake", "revision": name, "sampling": {"seed": seed}} for name, seed in SEEDS.items()}
    value: dict[str, Any] = {
        "name": "sums",
        "models": {name: model | {"endpoint": NO_MORE} for name, model in models.items()},
        "problems": {"sources": [{"source": part, "format": "table", "path": f"{part}.jsonl"} for part in ("a", "b")]},
        "reason": {"model": "teacher", "prompt": "student", "samples": 1},
        "build": {"kind": "sft"},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps(value))
    return path


SEEDS = {"teacher": 1000, "stronger": 9000}


async def run(recipe: Path, url: str, *overrides: str, out: str = "runs") -> Outcome:
    loaded = load_recipe(recipe, [*overrides, *(f"models.{name}.endpoint={url}" for name in SEEDS)])
    options = Options(out=recipe.parent / out, name="sums")
    return await run_recipe(loaded, options, tally=Tally(), say=lambda _: None, stopping=asyncio.Event())


def rows_of(outcome: Outcome) -> pl.DataFrame:
    return pl.read_parquet(Path(outcome.dataset or "") / "data" / "*.parquet")


def samples_of(outcome: Outcome) -> pl.DataFrame:
    return read_table(Path(outcome.run), "samples").sort("problem_id", "slot")


async def test_sampling_ends_with_the_first_correct_sample_and_has_no_pass_rate(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, ADAPTIVE)
    by_problem = samples_of(outcome).group_by("problem_id").agg("status")["status"].to_list()
    assert all("correct" not in statuses[:-1] for statuses in by_problem)
    assert all(statuses[-1] == "correct" or len(statuses) == 8 for statuses in by_problem)
    assert server.requests == sum(map(len, by_problem))
    assert rows_of(outcome)["pass_rate"].is_null().all()


async def test_store_gives_the_same_adaptive_samples_again(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        first = await run(recipe, server.url, ADAPTIVE)
        await run(recipe, server.url, "reason.samples=3")
    again = await run(recipe, NO_MORE, ADAPTIVE)
    assert (again.requests, again.version, again.samples) == (0, first.version, first.samples)


async def test_problem_that_the_first_teacher_fails_goes_to_the_next(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, STRONGER)
    first, second = outcome.rungs
    assert (first.problems, first.solved + second.problems) == (PROBLEMS, PROBLEMS)
    assert (second.samples, second.requests) == (2 * second.problems, 2 * second.problems)
    rows = rows_of(outcome)
    teachers = set(zip(rows["id"].str.split("/").list[1], rows["models"].struct["reason"], strict=True))
    assert teachers <= {("0", "fake@teacher"), ("1", "fake@stronger"), ("2", "fake@stronger")}
    assert set(rows.filter(pl.col("models").struct["reason"] == "fake@stronger")["pass_rate"]) == {0.0}
    assert "What was tried in turn" in (Path(outcome.run) / "report.html").read_text()
    lineage = pl.read_parquet(Path(outcome.dataset or "") / "lineage.parquet")
    assert set(lineage.select("model", "rung").rows()) == {("fake@teacher", 0), ("fake@stronger", 1)}


async def test_samples_that_were_cut_off_are_asked_again_under_the_rungs_cap(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, "models.teacher.sampling.max_tokens=60", LONGER)
        whole = await run(recipe, server.url, "models.teacher.sampling.max_tokens=1000", out="other")
    first, second = outcome.rungs
    assert 0 < second.samples == outcome.requests - PROBLEMS
    assert first.correct + second.correct == outcome.verdicts["correct"]
    assert "truncated" not in outcome.verdicts
    assert (whole.requests, whole.version) == (0, outcome.version), "as if the cap had been higher from the start"
    again = await run(recipe, NO_MORE, "models.teacher.sampling.max_tokens=60", LONGER)
    assert (again.requests, again.version) == (0, outcome.version)


async def test_run_ends_when_there_are_enough_rows_and_keeps_the_first(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        whole = await run(recipe, server.url)
    async with FakeEndpoint(delay=0.02) as slow:
        limits = "models.teacher.limits.concurrency=2"
        few = await run(recipe, slow.url, "stop_when={rows: 5}", limits, "store=elsewhere")
    first = [row for row in read_first(whole) if row in set(rows_of(whole)["problem_id"])][:5]
    assert (few.rows, set(rows_of(few)["problem_id"])) == (5, set(first))
    assert slow.requests < PROBLEMS
    assert few.problems == few.kept + sum(few.rejected.values())
    again = await run(recipe, NO_MORE, "stop_when={rows: 5}")
    assert (again.requests, again.version) == (0, few.version), "whatever else was asked for"


async def test_full_source_leaves_the_next_one_its_turn(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, "stop_when={sources: {a: 3}}")
    counts = dict(rows_of(outcome)["source"].value_counts().rows())
    assert counts["a"] == 3
    assert counts["b"] > 10


def read_first(outcome: Outcome) -> list[str]:
    return read_table(Path(outcome.run), "problems").sort("number")["id"].to_list()
