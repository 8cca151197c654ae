"""Filters that look at what is asked, not at what was said: which problems, of those still there, a step drops."""

from collections.abc import Iterator

import polars as pl

from ovlt_data import images
from ovlt_data.curate.near import find_near_pictures, find_near_problems
from ovlt_data.recipe import ImageSize, Step
from ovlt_data.text.tails import normalise_question, strip_tail
from ovlt_data.types import Image

_NAMED_ANYWAY = frozenset({"choice", "yes_no"})
"""Answer types whose gold a fair question names."""


def find_problems(step: Step, problems: pl.DataFrame) -> Iterator[str]:
    """Ids of the problems that the step drops."""
    if step.image_size is not None:
        return _find_odd_sizes(problems, step.image_size)
    if step.answer_in_question is not None:
        return _find_told_answers(problems)
    if step.near_pictures is not None:
        return find_near_pictures(problems, bits=step.near_pictures)
    if step.near_problems is not None:
        return find_near_problems(problems, alike=step.near_problems)
    raise ValueError(f"{step.name} is no filter of problems")


def strip_tails(rows: pl.DataFrame, problems: pl.DataFrame) -> pl.DataFrame:
    """Rows with what the student is asked, where that is not the source's own question: `asked`, else null."""
    said = problems["question"]
    stripped = pl.Series("asked", [strip_tail(question) for question in said], dtype=pl.String)
    changed = problems.select("id", stripped).filter(pl.col("asked") != said)
    return rows.join(changed, left_on="problem_id", right_on="id", how="left", maintain_order="left")


def _find_odd_sizes(problems: pl.DataFrame, limits: ImageSize) -> Iterator[str]:
    sizes: dict[str, tuple[int, int]] = {}
    for name, paths, hashes in problems.select("id", "image_paths", "image_sha256").iter_rows():
        for path, sha256 in zip(paths or (), hashes or (), strict=True):
            sizes[sha256] = sizes.get(sha256) or images.measure(Image(path, sha256))
        if not all(limits.allow(*sizes[sha256]) for sha256 in hashes or ()):
            yield name


def _find_told_answers(problems: pl.DataFrame) -> Iterator[str]:
    for name, question, answer, kind in problems.select("id", "question", "answer", "answer_type").iter_rows():
        gold = normalise_question(answer)
        if kind not in _NAMED_ANYWAY and gold and f" {gold} " in f" {normalise_question(question)} ":
            yield name
