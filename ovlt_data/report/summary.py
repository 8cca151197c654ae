"""Figures of a report: by source, by length, by verdict, by failure."""

import polars as pl
from msgspec import Struct

from ovlt_data.report.material import Material
from ovlt_data.text.length import count_words

BINS = 30


class SourceLine(Struct, frozen=True, kw_only=True):
    source: str
    problems: int
    kept: int
    rejected: int
    failed: int
    pass_rate: float | None
    """Of all its samples that could be decided."""


class LengthLine(Struct, frozen=True):
    """Words of some traces: how many traces, and percentiles."""

    of: str
    n: int
    p5: int
    p50: int
    p95: int
    most: int


class Bin(Struct, frozen=True):
    start: int
    end: int
    n: int


class Fault(Struct, frozen=True):
    kind: str
    n: int
    example: str


def count_sources(material: Material) -> list[SourceLine]:
    decided = material.samples.filter(pl.col("status") != "unscorable")
    rates = decided.group_by("source").agg(pass_rate=(pl.col("status") == "correct").mean())
    fates = {fate: (pl.col("fate") == fate).sum() for fate in ("kept", "rejected", "failed")}
    lines = material.problems.group_by("source").agg(problems=pl.len(), **fates)
    return [SourceLine(**line) for line in lines.join(rates, on="source", how="left").sort("source").to_dicts()]


def count_verdicts(material: Material) -> list[tuple[str, int]]:
    """Samples that are correct, and the others by reason."""
    verdict = pl.when(pl.col("status") == "correct").then(pl.lit("correct")).otherwise("reason").alias("verdict")
    counts = material.samples.group_by(verdict).len().sort("len", "verdict", descending=[True, False])
    return [(name, n) for name, n in counts.iter_rows()]


def measure_traces(material: Material) -> list[LengthLine]:
    """Of everything that was said, of what was right, and of what the student reads."""
    raw = material.samples.with_columns(
        raw=pl.Series([count_words(text) for text in material.samples["reasoning"]], dtype=pl.Int64)
    )
    groups = {
        "all traces": raw["raw"],
        "correct ones": raw.filter(status="correct")["raw"],
        "kept, as the student reads them": material.samples.filter("kept")["words"].drop_nulls(),
    }
    return [_percentiles(of, words) for of, words in groups.items() if len(words)]


def bin_kept(material: Material) -> list[Bin]:
    """Rows by their words; the longest percent counts in the last bin."""
    words = material.samples.filter("kept")["words"].drop_nulls()
    if words.is_empty():
        return []
    width = max(1, -(-int(words.quantile(0.99) or 0) // BINS))
    counts = (words // width).clip(upper_bound=BINS - 1).value_counts(name="n")
    by_bin = dict(counts.iter_rows())
    return [Bin(number * width, (number + 1) * width - 1, by_bin.get(number, 0)) for number in range(max(by_bin) + 1)]


def list_faults(kinds: pl.Series, messages: pl.Series) -> list[Fault]:
    """By kind, the most frequent first, each with the first message of it."""
    table = pl.DataFrame({"kind": kinds, "message": messages})
    counts = table.group_by("kind").agg(n=pl.len(), example=pl.col("message").sort().first())
    return [Fault(*line) for line in counts.sort("n", "kind", descending=[True, False]).iter_rows()]


def _percentiles(of: str, words: pl.Series) -> LengthLine:
    points = [int(words.quantile(share, interpolation="lower") or 0) for share in (0.05, 0.5, 0.95, 1.0)]
    return LengthLine(of, len(words), *points)
