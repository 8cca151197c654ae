"""One step of sampling: what each rule leaves, and that a row's luck is its own."""

from typing import Any

import pytest
import torch

from ovlt_data.serve.sampling import Sampler, Sampling

PROBABILITIES = [0.4, 0.3, 0.2, 0.1]
DRAWS = 400


def test_draws_follow_the_probabilities() -> None:
    said = _draw(Sampling(seed=0, max_tokens=DRAWS))
    assert [said.count(token) / DRAWS for token in range(4)] == pytest.approx(PROBABILITIES, abs=0.06)


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ({"temperature": 0.0}, {0}),
        ({"top_k": 2}, {0, 1}),
        ({"top_p": 0.65}, {0, 1}),
        ({"top_p": 0.4}, {0}),
        ({"min_p": 0.45}, {0, 1, 2}),
        ({"top_k": 3, "min_p": 0.7}, {0, 1}),
    ],
    ids=str,
)
def test_rules_leave_the_likeliest(rules: dict[str, Any], left: set[int]) -> None:
    assert set(_draw(Sampling(seed=0, max_tokens=DRAWS, **rules))) == left


def test_a_lower_temperature_sharpens() -> None:
    flat, sharp = (_draw(Sampling(seed=0, max_tokens=DRAWS, temperature=t)).count(0) for t in (2.0, 0.3))
    assert flat < 0.36 * DRAWS < 0.6 * DRAWS < sharp


@pytest.mark.parametrize("penalty", ["presence_penalty", "frequency_penalty"])
def test_penalties_turn_away_from_what_was_said(penalty: str) -> None:
    rules: dict[str, Any] = {penalty: 2.0}
    said = _draw(Sampling(seed=0, max_tokens=4, temperature=0.0, **rules))
    assert said == [0, 1, 2, 3]


def test_repetition_penalty_knows_the_prompt() -> None:
    sampler = Sampler([Sampling(seed=0, max_tokens=1, temperature=0.0, repetition_penalty=2.0)], _prompts(1, 0), 4)
    assert sampler.choose(torch.tensor([[2.0, 1.5, 0.0, -1.0]]), 0).tolist() == [1]


def test_a_row_says_the_same_in_any_company() -> None:
    row = Sampling(seed=7, max_tokens=20)
    alone = _draw(row)
    company = [Sampling(seed=1, max_tokens=90, top_k=1), row, Sampling(seed=2, max_tokens=5)]
    sampler = Sampler(company, _prompts(3), 4)
    first = [sampler.choose(_logits(3), step)[1].item() for step in range(10)]
    sampler.keep(torch.tensor([1]))
    assert first + [sampler.choose(_logits(1), step)[0].item() for step in range(10, 20)] == alone


def _draw(row: Sampling) -> list[int]:
    sampler = Sampler([row], _prompts(1), 4)
    return [int(sampler.choose(_logits(1), step)[0]) for step in range(row.max_tokens)]


def _logits(rows: int) -> torch.Tensor:
    return torch.tensor([PROBABILITIES] * rows).log()


def _prompts(rows: int, *tokens: int) -> torch.Tensor:
    """Which tokens stand in the prompts."""
    seen = torch.zeros(rows, 4, dtype=torch.bool)
    seen[:, list(tokens)] = True
    return seen
