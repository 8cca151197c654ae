"""How often the tiny model is right on scenes it never saw: python -m ovlt_data.serve.evaluate_tiny [MODEL]

As in the quickstart: a caption of its own, then replies to caption and question, all sampled. Prints a table by kind of
question; beside the model's accuracy stands what the most frequent answer alone would score.
"""

import argparse
import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from msgspec import Struct

from ovlt_data.answers import grade
from ovlt_data.prompts import load_prompt
from ovlt_data.serve import teacher
from ovlt_data.serve.decode import reply
from ovlt_data.serve.embedded import TINY_MODEL
from ovlt_data.serve.model import LoadedModel
from ovlt_data.serve.sampling import Sampling
from ovlt_data.serve.wire import Choice, ImagePart, ImageUrl, Message, Request, TextPart
from ovlt_data.sources import shapes
from ovlt_data.sources.shapes import Task

SEED = 999_999
SAMPLES = 4
BATCH = 16
MAX_TOKENS = 192
CAPTIONING, REASONING = 0.7, 1.0
"""Temperatures of the quickstart."""

T = TypeVar("T")


class Graded(Struct, frozen=True):
    task: Task
    caption: str
    correct: tuple[bool, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=TINY_MODEL)
    parser.add_argument("--count", type=int, default=400)
    arguments = parser.parse_args()
    torch.set_num_threads(min(2, torch.get_num_threads()))
    tasks = [shapes.draw_task(SEED, index) for index in range(arguments.count)]
    print(render_table(evaluate(LoadedModel(arguments.model), tasks)))


def evaluate(model: LoadedModel, tasks: Sequence[Task]) -> list[Graded]:
    caption_prompt, reason_prompt = (load_prompt(f"quickstart/{name}", beside=Path()) for name in ("caption", "reason"))
    graded: list[Graded] = []
    for some in _batches(tasks, BATCH):
        asks = [_request(caption_prompt.render(), picture=shapes.render(task.scene)) for task in some]
        captions = [choices[0].text for choices in _ask(model, asks, samples=1, temperature=CAPTIONING)]
        asks = [
            _request(reason_prompt.render(caption=caption, question=task.asked.question, choices=task.choices))
            for task, caption in zip(some, captions, strict=True)
        ]
        replies = _ask(model, asks, samples=SAMPLES, temperature=REASONING)
        graded += map(_grade, some, captions, replies)
    return graded


def render_table(graded: Sequence[Graded]) -> str:
    """In Markdown."""
    lines = ["| kind | problems | most frequent answer | correct | one of 4 correct |", "|---|---|---|---|---|"]
    for kind in dict.fromkeys(one.task.kind for one in graded):
        lines.append(_line(kind, [one for one in graded if one.task.kind == kind]))
    exact = sum(one.caption == teacher.caption(one.task.scene) for one in graded) / len(graded)
    return "\n".join([*lines, _line("all", graded), "", f"Captions right in every word: {exact:.0%}"])


def _line(name: str, graded: Sequence[Graded]) -> str:
    """The baseline answers each template with its most frequent gold."""
    golds = Counter((one.task.template, one.task.answer) for one in graded)
    most: Counter[str] = Counter()
    for (template, _), count in golds.items():
        most[template] = max(most[template], count)
    samples = sum(sum(one.correct) for one in graded) / sum(len(one.correct) for one in graded)
    solved = sum(any(one.correct) for one in graded) / len(graded)
    return f"| {name} | {len(graded)} | {most.total() / len(graded):.0%} | {samples:.0%} | {solved:.0%} |"


def _ask(model: LoadedModel, requests: Sequence[Request], *, samples: int, temperature: float) -> list[list[Choice]]:
    """Seeded by the request's place, so that the same command gives the same table."""
    samplings = [
        [
            Sampling(seed=place * samples + slot, max_tokens=MAX_TOKENS, temperature=temperature)
            for slot in range(samples)
        ]
        for place in range(len(requests))
    ]
    return reply(model, [model.read(request) for request in requests], samplings)


def _request(text: str, *, picture: bytes | None = None) -> Request:
    parts: list[Any] = [TextPart(text)]
    if picture is not None:
        parts.insert(0, ImagePart(ImageUrl("data:image/png;base64," + base64.b64encode(picture).decode())))
    return Request(model="", messages=[Message("user", parts)])


def _grade(task: Task, caption: str, choices: Sequence[Choice]) -> Graded:
    verdicts = [
        grade(choice.text, task.answer, answer_type=task.answer_type, choices=task.choices) for choice in choices
    ]
    return Graded(task, caption, tuple(verdict.status == "correct" for verdict in verdicts))


def _batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))


if __name__ == "__main__":
    main()
