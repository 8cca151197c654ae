"""Scores of one model on one benchmark, whole and by the benchmark's own categories.

Every problem that was asked counts: one that failed, or whose answer could not be decided, is not correct, and is
counted beside. Accuracy is that of the one answer, pass@k that of the further samples: by our grader, and by the
benchmark's own rule beside it.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from ovlt_data.answers.grade import GoldOptions
from ovlt_data.answers.official import OFFICIAL, score
from ovlt_data.review import wilson
from ovlt_data.tables import read_table


class Judged(Struct, frozen=True, kw_only=True):
    """The same answers by a language model's word, as MathVerse is scored."""

    by: str
    """Who judged, and by which prompts: names and first digits of their sha256."""
    correct: int
    unclear: int
    """Answers on which it gave no clear word, or none: not correct."""
    accuracy: float
    low: float
    high: float


class Score(Struct, frozen=True, kw_only=True):
    """One line of the tables."""

    model: str
    benchmark: str
    rule: str
    """Who judged: a grader with its version."""
    category: str = ""
    """As `task: geometry`; empty for the whole benchmark."""
    problems: int
    correct: int
    unscorable: int
    failed: int
    """Problems without an answer."""
    guess: float | None = None
    """Share right for who sees nothing and gives the most frequent gold, by the problems' first category."""
    low: float
    high: float
    """Of the accuracy: Wilson's 95 percent interval."""
    pass_at: dict[int, float] = {}
    """By k, our grader's."""
    official: float | None = None
    """Mean score by the benchmark's own rule; None where it has none that runs here."""
    official_rule: str = ""
    """`official:NAME`, and `rule-graded` where a rule stands for its language model."""
    official_pass_at: dict[int, float] = {}
    """By k: the expected best official score of k samples."""
    judged: Judged | None = None
    """None where no judge was asked."""
    weights: str = ""
    """Which model answered: its id with the commit or the hash of its weights."""
    prompt: str = ""
    """What it was asked: a prompt's name and the first digits of its sha256."""
    sampling: str = ""
    """How its one answer was drawn, and those of pass@k; as the recipe says it."""
    harness: str = ""
    """What asked and extracted."""

    @property
    def accuracy(self) -> float:
        return self.correct / self.problems if self.problems else 0.0


def score_run(
    folder: Path,
    *,
    model: str,
    benchmark: str,
    rule: str,
    official: str = "",
    judge: str = "",
    several: Path | None = None,
    samples: int = 0,
) -> list[Score]:
    """The whole first, then its categories by name. `several` is the run with so many `samples` of each problem.

    `official` is the benchmark whose own rule stands beside ours, `judge` who judged, where there are such.
    """
    asked = _by_problem(folder)
    if official in OFFICIAL:
        asked = asked.join(_score_officially(folder, official), on="id", how="left", maintain_order="left")
    if several is not None:
        asked = asked.join(_by_problem(several).select("id", several="right"), on="id", how="left")
        if official in OFFICIAL:
            further = _score_officially(several, official).select("id", further="official")
            asked = asked.join(further, on="id", how="left", maintain_order="left")
    categories = asked["categories"].explode().drop_nulls().unique().sort()
    parts = [("", asked), *((name, asked.filter(pl.col("categories").list.contains(name))) for name in categories)]
    scores = [
        _score(part, model=model, benchmark=benchmark, rule=rule, category=name, samples=samples if several else 0)
        for name, part in parts
    ]
    if not judge:
        return scores
    return [replace(each, judged=_judge(part, judge)) for each, (_, part) in zip(scores, parts, strict=True)]


def pass_at(k: int, *, samples: int, correct: int) -> float:
    """Chance that one of k samples is correct: the unbiased estimate from more of them (Chen et al. 2021)."""
    return 1 - math.comb(samples - correct, k) / math.comb(samples, k)


def best_of(k: int, *, samples: int, scores: Sequence[float]) -> float:
    """Expected best of k samples, from more of them: pass@k of scores between 0 and 1. What is missing scores 0."""
    ranked = sorted([*scores, *[0.0] * (samples - len(scores))])
    return sum(one * math.comb(place, k - 1) for place, one in enumerate(ranked)) / math.comb(samples, k)


def powers(samples: int) -> list[int]:
    """The k of pass@k: powers of two up to the number of samples, and that itself."""
    return sorted({2**power for power in range(samples.bit_length())} | {samples}) if samples else []


def _by_problem(folder: Path) -> pl.DataFrame:
    """Columns id, categories, answer, and numbers of samples.

    These are right, unscorable (both by rules), answered, judged_right and unclear.
    """
    said = pl.col("judgement").struct.field("status")
    by_judge = pl.col("method").eq_missing("judge")
    counts = (
        read_table(folder, "samples")
        .group_by("problem_id")
        .agg(
            right=((pl.col("status") == "correct") & ~by_judge).sum(),
            unscorable=((pl.col("status") == "unscorable") | by_judge).sum(),
            answered=pl.len(),
            judged_right=(said == "correct").sum(),
            unclear=(said == "unscorable").sum(),
        )
    )
    problems = read_table(folder, "problems").unique("id", maintain_order=True).select("id", "categories", "answer")
    joined = problems.join(counts, left_on="id", right_on="problem_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col(counts.columns[1:]).fill_null(0))


def _score_officially(folder: Path, benchmark: str) -> pl.DataFrame:
    """Columns id, official (of each sample), official_rule, of problems that were answered.

    What can't be decided counts nothing.
    """
    answers = read_table(folder, "samples").select("problem_id", "content")
    problems = read_table(folder, "problems").unique("id").join(answers, left_on="id", right_on="problem_id")
    rows = [{"id": row["id"], **_official(benchmark, row)} for row in problems.iter_rows(named=True)]
    scored = pl.DataFrame(rows, schema={"id": pl.String, "official": pl.Float64, "official_rule": pl.String})
    return scored.group_by("id").agg("official", pl.col("official_rule").first())


def _official(benchmark: str, row: dict[str, Any]) -> dict[str, object]:
    gold: GoldOptions = {"answer_type": row["answer_type"], "choices": row["choices"], "unit": row["unit"]}
    gold |= {"precision": row["precision"], "answers": row["answers"]}
    ruled = score(benchmark, row["content"], row["answer"], **gold)
    return {"official": ruled.score or 0.0, "official_rule": ruled.method}


def _score(asked: pl.DataFrame, *, model: str, benchmark: str, rule: str, category: str, samples: int) -> Score:
    correct, problems = int(asked["right"].sum()), asked.height
    low, high = wilson(correct, problems)
    has_official = "official" in asked.columns
    return Score(
        model=model,
        benchmark=benchmark,
        rule=rule,
        category=category,
        problems=problems,
        correct=correct,
        unscorable=int(asked["unscorable"].sum()),
        failed=asked.filter(pl.col("answered") == 0).height,
        guess=_guess(asked),
        low=low,
        high=high,
        pass_at={k: _mean_pass(asked, k, samples) for k in powers(samples)},
        official=_mean_best(asked["official"], 1, 1) if has_official else None,
        official_rule=next(iter(asked["official_rule"].drop_nulls()), "") if has_official else "",
        official_pass_at={k: _mean_best(asked["further"], k, samples) for k in powers(samples)} if has_official else {},
    )


def _guess(asked: pl.DataFrame) -> float:
    golds = asked.group_by(pl.col("categories").list.first(), "answer").len()
    return int(golds.group_by("categories").agg(pl.col("len").max())["len"].sum()) / max(1, asked.height)


def _judge(asked: pl.DataFrame, judge: str) -> Judged:
    correct, problems = int(asked["judged_right"].sum()), asked.height
    low, high = wilson(correct, problems)
    share = correct / max(1, problems)
    return Judged(by=judge, correct=correct, unclear=int(asked["unclear"].sum()), accuracy=share, low=low, high=high)


def _mean_best(scores: pl.Series, k: int, samples: int) -> float:
    """`scores` has a list for each problem, none where it has no answer."""
    return sum(best_of(k, samples=samples, scores=each or []) for each in scores.to_list()) / max(1, len(scores))


def _mean_pass(asked: pl.DataFrame, k: int, samples: int) -> float:
    """Samples that never came count as wrong."""
    counts = asked["several"].fill_null(0).to_list()
    return sum(pass_at(k, samples=samples, correct=right) for right in counts) / max(1, len(counts))
