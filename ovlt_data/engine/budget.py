"""What a run may spend, and the end of sending when it is spent.

What is in flight when it's reached is finished and kept. Replies from the store are free: a run that needs nothing
more ends well, whatever its budget.
"""

import asyncio
import time

from msgspec import Struct

from ovlt_data.engine.tally import Tally
from ovlt_data.recipe import Budget

HOUR = 3600.0


class Spent(Struct, frozen=True):
    """What was sent, ever."""

    requests: int = 0
    tokens: int = 0
    """Of prompts and completions."""

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.requests + other.requests, self.tokens + other.tokens)


class BudgetWatch:
    """Says whether one more request may be sent. Hours count from its making."""

    def __init__(self, budget: Budget, tally: Tally, stopping: asyncio.Event, *, earlier: Spent) -> None:
        self.refused = ""
        """The limit that a request was refused for, in words."""
        self._budget = budget
        self._tally = tally
        self._stopping = stopping
        self._earlier = earlier
        self._start = time.monotonic()

    @property
    def spent(self) -> Spent:
        tally = self._tally
        return self._earlier + Spent(tally.requests, tally.prompt_tokens + tally.completion_tokens)

    def refuses(self) -> bool:
        """Whether the next request is one too many: then the run is stopping."""
        limit = self._reached()
        if limit is None:
            return False
        self.refused = limit
        self._stopping.set()
        return True

    def _reached(self) -> str | None:
        budget, spent = self._budget, self.spent
        if budget.requests is not None and spent.requests >= budget.requests:
            return f"budget.requests: {spent.requests} of {budget.requests} requests are sent"
        if budget.tokens is not None and spent.tokens >= budget.tokens:
            return f"budget.tokens: {spent.tokens} of {budget.tokens} tokens are spent"
        if budget.hours is not None and time.monotonic() - self._start >= budget.hours * HOUR:
            return f"budget.hours: {budget.hours:g} hours are over"
        return None
