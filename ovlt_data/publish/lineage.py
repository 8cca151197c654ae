"""Every sample of the run, kept or not, with what was asked and what was said: the way back from each row."""

import polars as pl

from ovlt_data.tables import Curated

_OF_PROBLEM = ("origin", "question", "answer", "answer_type", "choices", "image_sha256")


def trace_samples(
    problems: pl.DataFrame, captions: pl.DataFrame, samples: pl.DataFrame, *, curated: Curated
) -> pl.DataFrame:
    """Samples in the order (source, problem_id, slot), each with its problem, its caption and what became of it."""
    kept, rejected = curated.rows, curated.rejected
    keys = [key for key in ("problem_id", "slot") if key in kept.columns]
    fates = [
        kept.select(keys).with_columns(kept=True),
        rejected.select(*keys, "rejected_at", "rejected_for").with_columns(kept=False),
    ]
    captioned = captions.select(
        "problem_id", caption="text", caption_prompt="prompt", caption_response_key="response_key"
    )
    return (
        samples.join(problems.select(*_OF_PROBLEM, problem_id="id"), on="problem_id", how="left")
        .join(captioned, on="problem_id", how="left")
        .join(pl.concat(fates, how="diagonal"), on=keys, how="left")
        .with_columns(pl.col("kept").fill_null(value=False))
        .sort("source", "problem_id", "slot")
    )
