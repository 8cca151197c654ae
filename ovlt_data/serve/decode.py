"""From prompts to replies: each prompt is read once, then the rows of all its choices grow a token a step.

A loop of our own over the model's forward pass, because rows of one batch differ in their sampling and end one by
one. A row that has ended leaves the batch.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from transformers import DynamicCache

from ovlt_data.serve.model import LoadedModel, Prompt
from ovlt_data.serve.sampling import Sampler, Sampling
from ovlt_data.serve.wire import Choice


class Row:
    """One reply in the making."""

    def __init__(self, prompt: int, sampling: Sampling) -> None:
        self.prompt = prompt
        self.sampling = sampling
        self.ids: list[int] = []
        self.text: str | None = None
        """Set where a stop string has cut it."""
        self.finish: Literal["stop", "length"] | None = None


class Batch:
    """What the model remembers of each row, and what it says of the next token."""

    def __init__(self, model: LoadedModel, prompts: Sequence[Prompt]) -> None:
        self.model = model
        self.cache = DynamicCache()
        fed = _pad_left(prompts, pad=model.tokenizer.pad_token_id)
        positions, _ = model.network.model.get_rope_index(**fed)
        self.mask = fed["attention_mask"]
        self.position = positions.amax((0, 2)) + 1
        self.logits = self._forward(fed, positions)

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows, which may name one several times."""
        self.cache.batch_select_indices(rows)
        self.mask, self.position, self.logits = self.mask[rows], self.position[rows], self.logits[rows]

    def advance(self, chosen: Tensor) -> None:
        self.mask = torch.cat([self.mask, torch.ones_like(chosen)[:, None]], dim=1)
        fed = {"input_ids": chosen[:, None], "attention_mask": self.mask}
        self.logits = self._forward(fed, self.position.expand(3, 1, -1).transpose(1, 2))
        self.position = self.position + 1

    def _forward(self, fed: dict[str, Tensor], positions: Tensor) -> Tensor:
        out = self.model.network(**fed, position_ids=positions, past_key_values=self.cache, logits_to_keep=1)
        logits = out.logits[:, -1].float()
        logits[:, self.model.unsayable] = -torch.inf
        return logits


@torch.inference_mode()
def reply(model: LoadedModel, prompts: Sequence[Prompt], samplings: Sequence[Sequence[Sampling]]) -> list[list[Choice]]:
    """For each prompt one choice for each of its samplings."""
    rows = [Row(index, sampling) for index, given in enumerate(samplings) for sampling in given]
    owners = torch.tensor([row.prompt for row in rows])
    batch = Batch(model, prompts)
    batch.keep(owners)
    said = torch.stack([_occurring(prompt, model.vocabulary) for prompt in prompts])
    _grow(rows, batch, Sampler([row.sampling for row in rows], said[owners], model.vocabulary))
    choices: list[list[Choice]] = [[] for _ in prompts]
    for row in rows:
        choices[row.prompt].append(_finished(model, row))
    return choices


def _grow(rows: list[Row], batch: Batch, sampler: Sampler) -> None:
    step = 0
    while True:
        chosen = sampler.choose(batch.logits, step)
        for row, token in zip(rows, chosen.tolist(), strict=True):
            _extend(batch.model, row, token)
        kept = torch.tensor([index for index, row in enumerate(rows) if row.finish is None])
        if not len(kept):
            return
        if len(kept) < len(rows):
            rows = [row for row in rows if row.finish is None]
            batch.keep(kept)
            sampler.keep(kept)
            chosen = chosen[kept]
        batch.advance(chosen)
        step += 1


def _extend(model: LoadedModel, row: Row, token: int) -> None:
    row.ids.append(token)
    if token in model.ends or (row.sampling.stops and _stop(model, row)):
        row.finish = "stop"
    elif len(row.ids) == row.sampling.max_tokens:
        row.finish = "length"


def _stop(model: LoadedModel, row: Row) -> bool:
    """Whether a stop string has come up; the text then ends before it."""
    text = model.decode(row.ids)
    found = [at for at in (text.find(stop) for stop in row.sampling.stops) if at >= 0]
    if found:
        row.text = text[: min(found)]
    return bool(found)


def _finished(model: LoadedModel, row: Row) -> Choice:
    text = model.decode(row.ids) if row.text is None else row.text
    return Choice(text, len(row.ids), row.finish or "length")


def _pad_left(prompts: Sequence[Prompt], *, pad: int) -> dict[str, Tensor]:
    width = max(prompt.tokens for prompt in prompts)
    patches = [prompt.patches for prompt in prompts if prompt.patches is not None]
    grids = [prompt.grid for prompt in prompts if prompt.grid is not None]
    fed = {
        "input_ids": torch.stack([_fill(prompt.ids, width, pad) for prompt in prompts]),
        "mm_token_type_ids": torch.stack([_fill(prompt.token_types, width, 0) for prompt in prompts]),
        "attention_mask": torch.stack([_fill(torch.ones_like(prompt.ids), width, 0) for prompt in prompts]),
    }
    if patches:
        fed["pixel_values"], fed["image_grid_thw"] = torch.cat(patches), torch.cat(grids)
    return fed


def _fill(row: Tensor, width: int, value: int) -> Tensor:
    return torch.nn.functional.pad(row, (width - len(row), 0), value=value)


def _occurring(prompt: Prompt, vocabulary: int) -> Tensor:
    occurs = torch.zeros(vocabulary, dtype=torch.bool)
    occurs[prompt.ids] = True
    return occurs
