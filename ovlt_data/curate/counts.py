"""How a problem's samples fared: four counts and the pass rate, one row per problem."""

import polars as pl

ALL = pl.lit(True)


def count_verdicts(problems: pl.DataFrame, samples: pl.DataFrame, *, rated: pl.Expr = ALL) -> pl.DataFrame:
    """Per problem: its source and answer type, counts of its verdicts, and of its `rated` samples that are decided the
    share that is correct: null where there are none.
    """
    status, share = pl.col("status"), pl.col("status").filter(rated)
    counts = samples.group_by("problem_id").agg(
        n_samples=pl.len().cast(pl.Int64),
        n_correct=(status == "correct").sum().cast(pl.Int64),
        n_wrong=(status == "wrong").sum().cast(pl.Int64),
        n_unscorable=(status == "unscorable").sum().cast(pl.Int64),
        n_judged=(pl.col("method") == "judge").sum().cast(pl.Int64),
        pass_rate=(share == "correct").sum() / (share != "unscorable").sum(),
    )
    names = [name for name in counts.columns if name.startswith("n_")]
    return (
        problems.select("source", "answer_type", problem_id="id")
        .join(counts, on="problem_id", how="left")
        .with_columns(pl.col(names).fill_null(0), pl.col("pass_rate").fill_nan(None))
        .sort("source", "problem_id")
    )
