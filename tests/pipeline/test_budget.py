"""A budget ends the sending, not the run: what is in flight is kept, and the store stays free."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from child_run import TOTAL, Server, start, write_recipe

from ovlt_data.engine import budget
from ovlt_data.engine.budget import BudgetWatch, Purse, Spent
from ovlt_data.engine.tally import Sent, Tally
from ovlt_data.recipe import Budget, Price


def run_under(recipe: Path, folder: Path, *, requests: int) -> tuple[int, dict[str, Any]]:
    """(exit status, what --json says)"""
    with start(recipe, folder, "--set", f"budget.requests={requests}") as run:
        printed, said = run.communicate()
    assert printed, said
    return run.returncode, json.loads(printed)


def test_budget_of_requests_holds_over_calls_and_a_larger_one_goes_on(tmp_path: Path, server: Server) -> None:
    recipe = write_recipe(tmp_path, server.url)
    status, outcome = run_under(recipe, tmp_path, requests=40)
    assert (status, outcome["state"], outcome["requests"], len(server.asked())) == (5, "budget", 40, 40)
    status, outcome = run_under(recipe, tmp_path, requests=40)
    assert (status, outcome["requests"], outcome["spent"]["requests"]) == (5, 0, 40)
    status, outcome = run_under(recipe, tmp_path, requests=TOTAL)
    assert (status, outcome["state"], outcome["spent"]["requests"]) == (0, "done", TOTAL)
    assert len(set(server.asked())) == len(server.asked()) == TOTAL
    status, outcome = run_under(recipe, tmp_path, requests=1)
    assert (status, outcome["requests"]) == (0, 0), "what is in the store costs nothing"


def open_watch(said: Budget, *, stopping: asyncio.Event) -> BudgetWatch:
    """After 7 requests earlier and 3 now, 50 tokens each time, and a cost of 60 + 20 + 60."""
    tally = Tally()
    tally.sent["m"] = Sent(requests=3, prompt_tokens=20, completion_tokens=30)
    prices = {"m": Price(prompt=1e6, completion=2e6)}
    return BudgetWatch(said, Purse(tally, prices=prices, earlier={"m": Spent(7, 20, 30, cost=60)}), stopping)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({}, ""),
        ({"requests": 11, "tokens": 101, "cost": 140.1, "hours": 1, "models": {"m": {"cost": 141}}}, ""),
        ({"requests": 10}, "budget.requests: 10 of 10"),
        ({"tokens": 100}, "budget.tokens: 100 of 100"),
        ({"cost": 140}, "budget.cost: 140 of 140"),
        ({"hours": 1e-9}, "budget.hours: 1e-09 hours are over"),
        ({"models": {"m": {"tokens": 99}}}, "budget.models.m.tokens: 100 of 99"),
        ({"models": {"other": {"tokens": 1}}}, ""),
    ],
    ids=["none", "all below", "requests", "tokens", "cost", "hours", "one model's", "another model's"],
)
async def test_each_limit_is_reached_with_what_was_spent_before(said: dict[str, Any], refused: str) -> None:
    watch = open_watch(Budget.model_validate(said), stopping=(stopping := asyncio.Event()))
    assert watch.refuses() is stopping.is_set() is bool(refused)
    assert refused in watch.refused


async def test_time_is_counted_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = open_watch(Budget(hours=1), stopping=asyncio.Event())
    assert not watch.refuses()
    now = budget.time.monotonic()
    monkeypatch.setattr(budget.time, "monotonic", lambda: now + 3601)
    assert watch.refuses()


def test_cost_of_one_model_ends_the_run_and_stands_in_its_account(tmp_path: Path, server: Server) -> None:
    recipe = write_recipe(tmp_path, server.url)
    with start(
        recipe,
        tmp_path,
        "--set=models.reasoner.price={prompt: 100, completion: 1000}",
        "--set=budget.models={reasoner: {cost: 2}}",
    ) as run:
        outcome, said = json.loads(run.communicate()[0]), run.returncode
    spent = outcome["spent_by_model"]
    reasoner = spent["reasoner"]
    assert (said, outcome["state"]) == (5, "budget")
    assert reasoner["cost"] == pytest.approx((reasoner["prompt_tokens"] + 10 * reasoner["completion_tokens"]) / 1e4)
    assert 2 <= reasoner["cost"] == outcome["spent"]["cost"] < 4, "no more than what was in flight comes on top"
    assert spent["captioner"]["requests"] + reasoner["requests"] == outcome["requests"]
