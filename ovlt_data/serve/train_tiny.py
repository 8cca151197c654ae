"""Train the tiny model: python -m ovlt_data.serve.train_tiny OUT [--steps N] [--seed S] [--after STEP]

Two skills with one set of weights: a picture and the caption prompt make a caption; a caption, a question and the
reasoning prompt make thought, solution and answer. The prompts are the quickstart's own. Every step draws new scenes,
from seeds that no recipe can name. `--after` takes up the weights in OUT, without the optimizer's memory.
"""

import argparse
import io
import time
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

import torch
from msgspec import Struct
from PIL import Image
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import Qwen2_5_VLForConditionalGeneration

from ovlt_data.prompts import Prompt, load_prompt
from ovlt_data.serve import teacher, tiny
from ovlt_data.serve.processor import load_processor
from ovlt_data.sources import shapes

STEPS = 1500
PHASES = ((140, 32, 8), (STEPS, 3, 16))
"""Up to which step, and how many examples of each skill a step has; seeing is learnt first, and in one go."""
RATE, WARMUP = 1.5e-3, 30
"""The highest learning rate, and a call's steps up to it; from there it goes down to nothing."""
HARD = ("form_at", "count_colour", "more", "most", "place_of", "relation")
"""Templates that are drawn twice as often for replies."""
SAVE_EVERY = 40
IGNORED = -100
TOKENIZER_TASKS = 2000


class Example(Struct, frozen=True):
    prompt: str
    reply: str
    picture: bytes | None = None


class Teacher:
    """Endless examples of both skills, by seed."""

    def __init__(self, seed: int) -> None:
        self.tasks = shapes.draw_tasks(shapes.TRAINING_SEEDS.start + seed)
        self.hard_tasks = _draw_hard(shapes.TRAINING_SEEDS.start + seed)
        self.random = Random(seed)
        self.caption_prompt = _prompt("caption")
        self.reason_prompt = _prompt("reason")

    def captions(self, number: int) -> list[Example]:
        prompt = self.caption_prompt.render()
        return [
            Example(prompt, teacher.caption(task.scene), shapes.render(task.scene))
            for task in islice(self.tasks, number)
        ]

    def replies(self, number: int) -> list[Example]:
        return [
            Example(self._reason(task), teacher.reply(task, self.random)) for task in islice(self.hard_tasks, number)
        ]

    def _reason(self, task: shapes.Task) -> str:
        return self.reason_prompt.render(
            caption=teacher.caption(task.scene), question=task.asked.question, choices=list(task.choices)
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--after", type=int, default=0)
    arguments = parser.parse_args()
    train(arguments.out, steps=arguments.steps, seed=arguments.seed, after=arguments.after)


def train(out: Path, *, steps: int, seed: int, after: int) -> None:
    torch.manual_seed(seed)
    source = Teacher(seed + after)
    processor, model = _take_up(out) if after else _begin(seed)
    print(f"{model.num_parameters():,} parameters, {len(processor.tokenizer)} tokens", flush=True)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, betas=(0.9, 0.95), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: _rate(done, steps - after))
    started = time.monotonic()
    for step in range(after + 1, steps + 1):
        _, captions, replies = next((phase for phase in PHASES if step <= phase[0]), PHASES[-1])
        losses = [
            learn(model, _encode(processor, source.captions(captions))),
            learn(model, _encode(processor, source.replies(replies))),
        ]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % 20 == 0:
            seconds = time.monotonic() - started
            print(f"{step:5} caption {losses[0]:.4f} reply {losses[1]:.4f} {seconds:.0f} s", flush=True)
        if step % SAVE_EVERY == 0 or step == steps:
            tiny.save(model, processor, out)


def learn(model: Qwen2_5_VLForConditionalGeneration, batch: dict[str, Tensor]) -> float:
    """Add one batch's gradients; the mean loss of a token of the replies."""
    wanted = batch.pop("labels")[:, 1:]
    logits = model(**batch).logits[:, :-1]
    kept = wanted != IGNORED
    loss = cross_entropy(logits[kept].float(), wanted[kept])
    loss.backward()
    return loss.item()


def _draw_hard(seed: int) -> Iterator[shapes.Task]:
    for turn in count(step=2):
        for position, name in enumerate(shapes.TEMPLATES):
            for again in range(2 if name in HARD else 1):
                yield shapes.draw_task(seed, (turn + again) * len(shapes.TEMPLATES) + position)


def _encode(processor: Any, examples: Sequence[Example]) -> dict[str, Tensor]:
    """A right-padded batch, with labels for the replies alone."""
    pictures = [Image.open(io.BytesIO(example.picture)) for example in examples if example.picture]
    replies = [example.reply + processor.tokenizer.eos_token for example in examples]
    texts = [_chat(processor, example) + reply for example, reply in zip(examples, replies, strict=True)]
    batch = processor(text=texts, images=pictures or None, padding=True, padding_side="right", return_tensors="pt")
    labels = torch.full_like(batch["input_ids"], IGNORED)
    for row, reply in enumerate(replies):
        end = int(batch["attention_mask"][row].sum())
        start = end - len(processor.tokenizer(reply)["input_ids"])
        labels[row, start:end] = batch["input_ids"][row, start:end]
    batch["labels"] = labels
    return batch


def _chat(processor: Any, example: Example) -> str:
    content = [{"type": "image"}] if example.picture else []
    messages = [{"role": "user", "content": [*content, {"type": "text", "text": example.prompt}]}]
    return processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)


def _texts(source: Teacher) -> Iterator[str]:
    """What the tokenizer's merges are learnt from."""
    for example in (*source.captions(1), *source.replies(TOKENIZER_TASKS)):
        yield example.prompt
        yield example.reply


def _begin(seed: int) -> tuple[Any, Qwen2_5_VLForConditionalGeneration]:
    processor = tiny.make_processor(_texts(Teacher(seed)))
    return processor, tiny.make_model(processor.tokenizer)


def _take_up(folder: Path) -> tuple[Any, Qwen2_5_VLForConditionalGeneration]:
    return load_processor(folder), Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)


def _rate(done: int, steps: int) -> float:
    return min((done + 1) / WARMUP, 1 - done / steps)


def _prompt(name: str) -> Prompt:
    return load_prompt(f"quickstart/{name}", beside=Path())


if __name__ == "__main__":
    main()
