"""A budget ends the sending, not the run: what is in flight is kept, and the store stays free."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from child_run import TOTAL, Server, start, write_recipe

from ovlt_data.engine import budget
from ovlt_data.engine.budget import BudgetWatch, Spent
from ovlt_data.engine.tally import Tally
from ovlt_data.recipe import Budget


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


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        (Budget(), ""),
        (Budget(requests=11, tokens=101, hours=1), ""),
        (Budget(requests=10), "budget.requests: 10 of 10"),
        (Budget(tokens=100), "budget.tokens: 100 of 100"),
        (Budget(hours=1e-9), "budget.hours: 1e-09 hours are over"),
    ],
    ids=["none", "all below", "requests", "tokens", "hours"],
)
async def test_each_limit_is_reached_with_what_was_spent_before(said: Budget, refused: str) -> None:
    stopping, tally = asyncio.Event(), Tally(requests=3, prompt_tokens=20, completion_tokens=30)
    watch = BudgetWatch(said, tally, stopping, earlier=Spent(7, 50))
    assert watch.refuses() is stopping.is_set() is bool(refused)
    assert refused in watch.refused


async def test_time_is_counted_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = BudgetWatch(Budget(hours=1), Tally(), asyncio.Event(), earlier=Spent())
    assert not watch.refuses()
    now = budget.time.monotonic()
    monkeypatch.setattr(budget.time, "monotonic", lambda: now + 3601)
    assert watch.refuses()
