"""How problems fared when they were asked in other ways: columns of their rows, and figures by source.

Of each probe three columns: `probe_<name>`, the share of the decided replies that is correct, and the counts behind it.
All are null for a problem that the probe does not ask; where no reply could be decided, `probe_<name>_decided` is 0.
"""

from collections.abc import Mapping

import polars as pl
from msgspec.structs import replace

from ovlt_data.curate.counts import ALL
from ovlt_data.curate.difficulty import measure_difficulty
from ovlt_data.types import Difficulty, ProbeName

ProbeTables = Mapping[ProbeName, pl.DataFrame]
"""The replies to each of a recipe's probes, as they stand in a run's table."""
ANY = pl.lit(1)
"""Correct replies with which a problem counts as passed."""


def add_probes(counts: pl.DataFrame, probes: ProbeTables) -> pl.DataFrame:
    """The problems' counts with the columns of each probe."""
    for name, replies in probes.items():
        counts = counts.join(rate_probe(name, replies), on="problem_id", how="left", maintain_order="left")
    return counts


def rate_probe(name: str, replies: pl.DataFrame) -> pl.DataFrame:
    """A probe's columns, by `problem_id`."""
    correct, decided = pl.col("status") == "correct", pl.col("status").is_in(["correct", "wrong"])
    counts = replies.group_by("problem_id").agg(correct=correct.sum(), decided=decided.sum())
    return counts.select(
        "problem_id",
        (pl.col("correct") / pl.col("decided")).fill_nan(None).alias(f"probe_{name}"),
        *(pl.col(count).cast(pl.Int64).alias(f"probe_{name}_{count}") for count in ("correct", "decided")),
    )


def measure_probes(problems: pl.DataFrame, probes: ProbeTables) -> tuple[Difficulty, ...]:
    """How hard each source is for each probe, by the problems that it asks."""
    return tuple(
        replace(source, probe=name)
        for name, replies in probes.items()
        for source in measure_difficulty(
            problems.join(replies, left_on="id", right_on="problem_id", how="semi"), replies, least=ANY, rated=ALL
        )
    )
