"""How a problem's samples fared: four counts and the pass rate, one row per problem."""

import polars as pl


def count_verdicts(problems: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """Per problem: its source and answer type, counts of its verdicts, and the share of the decided that is correct."""
    status = pl.col("status")
    counts = samples.group_by("problem_id").agg(
        n_samples=pl.len().cast(pl.Int64),
        n_correct=(status == "correct").sum().cast(pl.Int64),
        n_wrong=(status == "wrong").sum().cast(pl.Int64),
        n_unscorable=(status == "unscorable").sum().cast(pl.Int64),
    )
    names = [name for name in counts.columns if name != "problem_id"]
    decided = pl.col("n_correct") + pl.col("n_wrong")
    return (
        problems.select("source", "answer_type", problem_id="id")
        .join(counts, on="problem_id", how="left")
        .with_columns(pl.col(names).fill_null(0))
        .with_columns(pass_rate=pl.when(decided > 0).then(pl.col("n_correct") / decided))
        .sort("source", "problem_id")
    )
