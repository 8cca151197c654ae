"""`ovlt plan`: what it predicts from some problems is what the run takes, and what it paid the run need not pay."""

import asyncio
import random
from pathlib import Path

import pytest
from child_run import TOTAL, write_recipe
from fake_endpoint import FakeEndpoint

from ovlt_data import plan
from ovlt_data.engine.tally import Tally
from ovlt_data.errors import UsageError
from ovlt_data.estimate import Estimate, estimate_total
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.plan import Forecast, forecast
from ovlt_data.planning import render
from ovlt_data.recipe import Recipe, load_recipe


async def predict(recipe: Recipe, beside: Path) -> Forecast:
    predicted = await forecast(recipe, limit=None, beside=beside, say=print, stopping=asyncio.Event())
    assert predicted is not None
    return predicted


def holds(estimate: Estimate, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


async def test_run_takes_what_was_predicted_less_what_the_probe_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "FIRST", 4)
    monkeypatch.setattr(plan, "SPREAD", 0.3)
    async with FakeEndpoint() as server:
        recipe = load_recipe(write_recipe(tmp_path, server.url), ["models.reasoner.price={completion: 5}"])
        predicted = await predict(recipe, tmp_path)
        options = Options(out=tmp_path / "runs", name="whole")
        outcome = await run_recipe(recipe, options, tally=Tally(), say=print, stopping=asyncio.Event())
    whole = outcome.spent + predicted.paid
    assert predicted.probed < predicted.problems == 36
    assert outcome.spent.requests + predicted.paid.requests == TOTAL, "nothing is paid twice"
    assert holds(predicted.requests, whole.requests)
    assert holds(predicted.prompt_tokens, whole.prompt_tokens)
    assert holds(predicted.completion_tokens, whole.completion_tokens)
    assert "hours" in render(predicted)


async def test_probing_everything_leaves_nothing_to_guess(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        predicted = await predict(load_recipe(write_recipe(tmp_path, server.url)), tmp_path)
    assert (predicted.probed, predicted.paid.requests) == (36, TOTAL)
    requests = predicted.requests
    assert (requests.low, requests.value, requests.high) == (TOTAL, TOTAL, TOTAL), "shared captions are counted once"
    assert predicted.cost is None


async def test_recipe_without_models_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "1 + 1?", "answer": "2", "response": "2"}\n')
    (tmp_path / "recipe.yaml").write_text(
        "name: given\nproblems: {sources: [{source: s, format: table, path: rows.jsonl}]}\n"
        "samples: {from: rows.jsonl}\nbuild: {kind: sft}\n"
    )
    with pytest.raises(UsageError, match="nothing to plan"):
        await predict(load_recipe(tmp_path / "recipe.yaml"), tmp_path)


def test_truth_lies_inside_for_heavy_tails_and_groups_of_unlike_size() -> None:
    inside = 0
    for seed in range(100):
        draw = random.Random(seed)
        sizes = [draw.choice([1, 1, 2, 6]) for _ in range(1500)]
        figures = [float(sum(draw.lognormvariate(5, 1.2) for _ in range(size))) for size in sizes]
        estimate = estimate_total(figures[:150], sizes[:150], groups=1500, size=sum(sizes))
        inside += holds(estimate, sum(figures))
    assert inside >= 90
