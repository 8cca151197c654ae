"""What people say of samples: which are shown to them, where their answers stand, and what follows from these.

Answers stand in `review.jsonl` of a run's folder, one line each, never rewritten. They refer to a sample by its id and
its reply, so that they still count when curation has changed what became of it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from math import sqrt
from pathlib import Path
from typing import Literal

import msgspec
import polars as pl
from msgspec import Struct

REVIEWS = "review.jsonl"
SEEN = ["problem_id", "slot", "response_key", "source", "kept", "rejected_for"]
"""What `summarise` looks at of a lineage."""
SURE = 1.959964
"""Standard errors to either side of a 95 percent interval."""

Mark = Literal["right", "wrong", "skip", "undo"]


class Review(Struct, frozen=True, kw_only=True):
    """One answer to: is what this sample says right?"""

    id: str
    """problem id/slot."""
    response_key: str
    version: str
    """What was looked at."""
    mark: Mark
    by: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """Of some samples, how many people found right."""

    of: str
    """A source for kept samples, a reason for rejected ones."""
    kept: bool
    right: int
    n: int
    low: float
    high: float
    """Wilson's 95 percent interval of the share."""


def read_reviews(run: Path) -> dict[str, Review]:
    """The last word on each sample; those that were taken back are not among them."""
    path = run / REVIEWS
    lines = path.read_bytes().splitlines() if path.exists() else []
    last = {review.id: review for review in (msgspec.json.decode(line, type=Review) for line in lines)}
    return {name: review for name, review in last.items() if review.mark != "undo"}


def append_review(run: Path, review: Review) -> None:
    with (run / REVIEWS).open("ab") as file:
        file.write(msgspec.json.encode(review) + b"\n")


def draw(lineage: pl.DataFrame, n: int, *, seed: int) -> pl.DataFrame:
    """Samples to look at: each source's kept ones, and its rejected ones of each reason, in turn, by a hash."""
    named = lineage.with_columns(id=pl.format("{}/{}", "problem_id", "slot"))
    ranks = [hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest() for name in named["id"]]
    strata = ["source", "kept", "rejected_for"]
    ranked = named.with_columns(hash=pl.Series(ranks, dtype=pl.String))
    turns = ranked.with_columns(turn=pl.col("hash").rank("ordinal").over(strata))
    return turns.sort("turn", "hash").head(n).drop("turn", "hash")


def summarise(lineage: pl.DataFrame, reviews: Mapping[str, Review]) -> list[Finding]:
    """How often kept samples are right, by source, and rejected ones, by reason: the last were rejected wrongly."""
    said = [(review.id, review.response_key, review.mark == "right") for review in _decided(reviews.values())]
    marks = pl.DataFrame(said, schema={"id": pl.String, "response_key": pl.String, "right": pl.Boolean}, orient="row")
    seen = lineage.with_columns(id=pl.format("{}/{}", "problem_id", "slot")).join(marks, on=["id", "response_key"])
    of = pl.when("kept").then("source").otherwise(pl.col("rejected_for").fill_null("problem rejected"))
    counts = seen.group_by(of.alias("of"), "kept").agg(right=pl.col("right").sum(), n=pl.len())
    ordered = counts.sort(pl.col("kept").not_(), "of").iter_rows()
    return [_find(name, kept, right, n) for name, kept, right, n in ordered]


def wilson(right: int, n: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927), for few samples and near 0 and 1, too; of none it is everything."""
    if n == 0:
        return 0.0, 1.0
    share, width = right / n, SURE**2 / n
    middle, half = share + width / 2, SURE * sqrt(share * (1 - share) / n + width / (4 * n))
    return max(0.0, (middle - half) / (1 + width)), min(1.0, (middle + half) / (1 + width))


def describe_finding(finding: Finding) -> str:
    """One line for people."""
    what = f"kept, {finding.of}" if finding.kept else f"rejected as {finding.of}"
    share = f"{finding.right} of {finding.n} right ({finding.right / finding.n:.0%}"
    return f"{what}: {share}, 95 percent interval {finding.low:.0%} to {finding.high:.0%})"


def _decided(reviews: Iterable[Review]) -> list[Review]:
    return [review for review in reviews if review.mark in {"right", "wrong"}]


def _find(of: str, kept: bool, right: int, n: int) -> Finding:
    low, high = wilson(right, n)
    return Finding(of=of, kept=kept, right=right, n=n, low=low, high=high)
