"""What a run may spend, and the end of sending when it is spent.

What is in flight when it's reached is finished and kept. Replies from the store are free: a run that needs nothing
more ends well, whatever its budget.
"""

import asyncio
import time
from collections.abc import Mapping

from msgspec import Struct

from ovlt_data.engine.events import Event, Note, note_nothing
from ovlt_data.engine.tally import Sent, Tally
from ovlt_data.recipe import Budget, Price, Spending

HOUR = 3600.0
PRICED = 1_000_000
"""Tokens that a price is for."""


class Spent(Struct, frozen=True):
    """What was sent, ever."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """By the prices of the day it was sent."""

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            round(self.cost + other.cost, 9),
        )


class Purse:
    """What each model has spent: before this call, and in it."""

    def __init__(self, tally: Tally, *, prices: Mapping[str, Price], earlier: Mapping[str, Spent]) -> None:
        self._tally = tally
        self._prices = prices
        self._earlier = earlier

    def by_model(self) -> dict[str, Spent]:
        names = sorted(self._earlier.keys() | self._tally.sent.keys())
        return {name: self.of(name) for name in names}

    def of(self, model: str) -> Spent:
        now = price(self._tally.sent.get(model, Sent()), self._prices.get(model, Price()))
        return self._earlier.get(model, Spent()) + now


class BudgetWatch:
    """Says whether one more request may be sent. Hours count from its making."""

    def __init__(self, budget: Budget, purse: Purse, stopping: asyncio.Event, *, note: Note = note_nothing) -> None:
        self.refused = ""
        """The limit that a request was refused for, in words."""
        self._budget = budget
        self._unlimited = budget == Budget()
        self._purse = purse
        self._stopping = stopping
        self._note = note
        self._start = time.monotonic()

    @property
    def spent(self) -> Mapping[str, Spent]:
        """By model."""
        return self._purse.by_model()

    @property
    def limits(self) -> Mapping[tuple[str, str], float]:
        """Those that are set, by model (empty for the whole run) and what is counted."""
        limits = {"": self._budget, **self._budget.models}
        counted = ("requests", "tokens", "cost")
        every = {(name, what): each.model_dump()[what] for name, each in limits.items() for what in counted}
        return {key: limit for key, limit in every.items() if limit is not None}

    def refuses(self) -> bool:
        """Whether the next request is one too many: then the run is stopping."""
        if self._unlimited:
            return False
        if not self.refused and (reached := self._reached()):
            self.refused = reached
            self._note(Event(event="budget", why=reached))
            self._stopping.set()
        return bool(self.refused)

    def _reached(self) -> str:
        budget, spent = self._budget, self._purse.by_model()
        reached = [_exceed(budget, sum(spent.values(), Spent()), "budget")]
        reached += [
            _exceed(limits, spent.get(name, Spent()), f"budget.models.{name}") for name, limits in budget.models.items()
        ]
        if budget.hours is not None and time.monotonic() - self._start >= budget.hours * HOUR:
            reached.append(f"budget.hours: {budget.hours:g} hours are over")
        return next(filter(None, reached), "")


def price(sent: Sent, price: Price) -> Spent:
    """What was sent, with what it costs."""
    cost = (sent.prompt_tokens * price.prompt + sent.completion_tokens * price.completion) / PRICED
    return Spent(sent.requests, sent.prompt_tokens, sent.completion_tokens, cost)


def _exceed(limits: Spending, spent: Spent, key: str) -> str:
    """The limit that leaves no room for another request, in words."""
    if limits.requests is not None and spent.requests >= limits.requests:
        return f"{key}.requests: {spent.requests} of {limits.requests} requests are sent"
    if limits.tokens is not None and spent.tokens >= limits.tokens:
        return f"{key}.tokens: {spent.tokens} of {limits.tokens} tokens are spent"
    if limits.cost is not None and spent.cost >= limits.cost:
        return f"{key}.cost: {spent.cost:.4g} of {limits.cost:g} is spent"
    return ""
