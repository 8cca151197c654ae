"""How hard each source was, and how much of what passed luck alone would explain.

pass@k is unbiased (Chen et al. 2021, arXiv 2107.03374): of n decided samples with c correct ones, the share of all
draws of k that hold a correct one. Its gap to pass@1 is what further samples win; both are of the same problems, those
with k samples or more.

Luck: a model that can't answer guesses one of the choices, and passes `min_correct: m` of n samples with the
probability L = P(Binomial(n, chance) >= m). If each problem that failed was a guess, L / (1 - L) as many guesses
passed.
"""

from collections.abc import Iterator, Sequence
from math import comb

import polars as pl

from ovlt_data.curate.steps import needed
from ovlt_data.recipe import Step
from ovlt_data.types import Difficulty, PassAt

QUARTERS = 4


def measure_difficulty(
    problems: pl.DataFrame, samples: pl.DataFrame, *, least: pl.Expr, rated: pl.Expr
) -> tuple[Difficulty, ...]:
    """One entry for each source. Pass rates are those of `rated` samples, luck of all with `least` correct ones."""
    decided = samples.filter(pl.col("status") != "unscorable")
    is_rated, is_correct = pl.col("status").is_not_null() & rated, pl.col("status") == "correct"
    counts = decided.group_by("problem_id").agg(
        n=pl.len().cast(pl.Int64),
        c=is_correct.sum().cast(pl.Int64),
        n_rated=is_rated.sum().cast(pl.Int64),
        c_rated=(is_correct & is_rated).sum().cast(pl.Int64),
    )
    facts = problems.select("source", "answer_type", _chance(), problem_id="id").with_columns(least=least)
    table = facts.join(counts, on="problem_id", how="left").fill_null(0)
    parts = table.partition_by("source", as_dict=True).items()
    return tuple(_describe(str(source), part) for (source,), part in sorted(parts))


def find_least(steps: Sequence[Step], *, otherwise: int) -> pl.Expr:
    """How many correct samples a problem needs to be kept, by the first step that says it."""
    said = [step.min_correct for step in steps if step.min_correct is not None]
    return needed(said[0]) if said else pl.lit(otherwise)


def pass_at(k: int, *, n: int, c: int) -> float:
    """1 - C(n-c, k) / C(n, k), for k <= n."""
    return 1 - comb(n - c, k) / comb(n, k)


def luck(*, n: int, least: int, chance: float) -> float:
    """The probability that of n guesses `least` are right."""
    return sum(comb(n, hits) * chance**hits * (1 - chance) ** (n - hits) for hits in range(least, n + 1))


def guesses_passed(failed: int, *, passed: int, odds: float) -> float:
    """Of the problems that passed, how many guesses explain: never more than there are."""
    return min(float(passed), failed * odds / (1 - odds)) if odds < 1 else float(passed)


def _chance() -> pl.Expr:
    """What a guess is worth: one of the choices, one half, and next to nothing for an open answer."""
    choices = pl.col("choices").list.len().fill_null(0)
    return (
        pl.when(pl.col("answer_type") == "yes_no").then(0.5)
        .when((pl.col("answer_type") == "choice") & (choices > 0)).then(1 / choices)
        .otherwise(0.0)
        .alias("chance")
    )  # fmt: skip


def _describe(source: str, part: pl.DataFrame) -> Difficulty:
    rated = part.filter(pl.col("n_rated") > 0)
    groups = list(rated.group_by("n_rated", "c_rated").len().sort("n_rated", "c_rated").iter_rows())
    bins = [0] * (QUARTERS + 2)
    for n, c, problems in groups:
        bins[_bin(n, c)] += problems
    passed = part.filter(pl.col("c") >= pl.col("least"))
    return Difficulty(
        source=source,
        rated=rated.height,
        unrated=part.height - rated.height,
        bins=tuple(bins),
        pass_at=tuple(_measure_passes(groups)),
        passed=passed.height,
        by_luck=round(_explain(part), 1),
    )


def _bin(n: int, c: int) -> int:
    """0 for none correct, the last for all, and the quarter of the share between them."""
    if c in {0, n}:
        return 0 if c == 0 else QUARTERS + 1
    return -(-c * QUARTERS // n)


def _measure_passes(groups: Sequence[tuple[int, int, int]]) -> Iterator[PassAt]:
    k = 1
    while large := [group for group in groups if group[0] >= k]:
        problems = sum(size for *_, size in large)
        mean, first = (sum(pass_at(m, n=n, c=c) * size for n, c, size in large) / problems for m in (k, 1))
        yield PassAt(k=k, problems=problems, rate=round(mean, 4), gap=round(mean - first, 4))
        k *= 2


def _explain(part: pl.DataFrame) -> float:
    """Expected guesses among those that passed: group by group of equal chance and `least`, by the ones that failed."""
    expected = 0.0
    for (chance, least), group in part.partition_by("chance", "least", as_dict=True).items():
        passed = group.filter(pl.col("c") >= least)
        failed = group.filter(pl.col("c") < least).group_by("n").len()
        odds = [(size, luck(n=n, least=int(str(least)), chance=float(str(chance)))) for n, size in failed.iter_rows()]
        guessed = sum(guesses_passed(size, passed=passed.height, odds=likely) for size, likely in odds)
        expected += min(guessed, passed.height)
    return expected
