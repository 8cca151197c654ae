"""Choosing the next token for many rows at once, each by its own rules and its own random numbers.

A row's random numbers come from its seed alone and meet its probabilities in the vocabulary's order, so that what it
says does not depend on who else was in the batch.
"""

from collections.abc import Sequence

import torch
from msgspec import Struct
from torch import Tensor

GREEDY_BELOW = 1e-5
"""Temperatures under this one take the likeliest token, as vLLM does."""


class Sampling(Struct, frozen=True, kw_only=True):
    """How one row is to be continued."""

    seed: int
    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = -1
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    stops: tuple[str, ...] = ()


class Sampler:
    """The rules of a batch's rows, as columns."""

    def __init__(self, rows: Sequence[Sampling], prompts: Tensor, vocabulary: int) -> None:
        """`prompts` says which tokens stand in each row's prompt, one column for each token of the vocabulary."""
        self.temperature = _column([row.temperature for row in rows])
        self.top_p = _column([row.top_p for row in rows])
        self.top_k = _column([row.top_k if row.top_k > 0 else vocabulary for row in rows])
        self.min_p = _column([row.min_p for row in rows])
        self.repetition = _column([row.repetition_penalty for row in rows])
        self.presence = _column([row.presence_penalty for row in rows])
        self.frequency = _column([row.frequency_penalty for row in rows])
        self.draws = torch.stack([_draws(row.seed, max(row.max_tokens for row in rows)) for row in rows])
        self.prompts = prompts
        self.said = torch.zeros(len(rows), vocabulary)

    def choose(self, logits: Tensor, step: int) -> Tensor:
        """The next token of each row."""
        logits = self._penalise(logits)
        greedy = self.temperature < GREEDY_BELOW
        probabilities = self._truncate((logits / self.temperature.clamp_min(GREEDY_BELOW)).softmax(-1))
        reached = probabilities.cumsum(-1, dtype=torch.float64)
        drawn = torch.searchsorted(reached, self.draws[:, step, None] * reached[:, -1:], right=True)
        chosen = torch.where(greedy, logits.argmax(-1, keepdim=True), drawn)
        self.said.scatter_add_(1, chosen, torch.ones_like(chosen, dtype=self.said.dtype))
        return chosen[:, 0]

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone."""
        for name, column in vars(self).items():
            setattr(self, name, column[rows])

    def _penalise(self, logits: Tensor) -> Tensor:
        seen = (self.said > 0) | self.prompts
        repeated = torch.where(logits > 0, logits / self.repetition, logits * self.repetition)
        logits = torch.where(seen, repeated, logits)
        return logits - self.frequency * self.said - self.presence * (self.said > 0)

    def _truncate(self, probabilities: Tensor) -> Tensor:
        """Zero for what min_p, top_k or top_p leave out."""
        ranked, order = probabilities.sort(-1, descending=True)
        kept = ranked >= self.min_p * ranked[:, :1]
        kept &= torch.arange(ranked.shape[-1]) < self.top_k
        ranked = ranked * kept
        before = ranked.cumsum(-1) - ranked
        kept &= before < self.top_p * ranked.sum(-1, keepdim=True)
        return torch.zeros_like(probabilities).scatter(1, order, ranked * kept)


def _column(values: Sequence[float]) -> Tensor:
    return torch.tensor(values)[:, None]


def _draws(seed: int, count: int) -> Tensor:
    return torch.rand(count, generator=torch.Generator().manual_seed(seed))
