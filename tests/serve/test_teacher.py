"""What the tiny model is taught is true, in the form that the grader and the curating steps expect."""

import re
from itertools import islice
from random import Random

import polars as pl
import pytest

from ovlt_data.answers import grade
from ovlt_data.curate.strip import truncate
from ovlt_data.serve.teacher import caption, reply
from ovlt_data.sources.shapes import TEMPLATES, Task, draw_task, draw_tasks

TASKS = list(islice(draw_tasks(11), 300))
PLACED = re.compile(r"At the (\w+ \w+) is a (\w+ \w+)")


def test_captions_name_each_shape_at_its_place() -> None:
    for task in TASKS:
        assert PLACED.findall(caption(task.scene)) == [(shape.place, shape.name) for shape in task.scene]


@pytest.mark.parametrize("template", TEMPLATES)
def test_replies_are_graded_correct(template: str) -> None:
    first = list(TEMPLATES).index(template)
    for index in range(first, 300, len(TEMPLATES)):
        task = draw_task(11, index)
        verdict = grade(_reply(task), task.answer, answer_type=task.answer_type, choices=task.choices)
        assert verdict.status == "correct", _reply(task)


def test_thoughts_are_of_a_useful_length() -> None:
    lengths = sorted(len(_thought(task).split()) for task in TASKS)
    assert lengths[0] >= 20
    assert 30 < lengths[len(lengths) // 2] < 60


def test_a_third_doubts_after_the_conclusion() -> None:
    thoughts = [_thought(task) for task in TASKS]
    cut = truncate(pl.Series(thoughts)).to_list()
    doubting = [short for thought, short in zip(thoughts, cut, strict=True) if short != thought]
    assert 0.25 < len(doubting) / len(thoughts) < 0.42
    assert all(re.search(r"\. So [^.]+\.$", short.strip()) for short in doubting)


def _reply(task: Task) -> str:
    return reply(task, Random(repr(task.scene)))


def _thought(task: Task) -> str:
    return _reply(task).removeprefix("<think>\n").partition("\n</think>")[0]
