"""Filters that read a trace: true for the rows to drop."""

import polars as pl

from ovlt_data.recipe import Step
from ovlt_data.text.leakage import LEAKAGE
from ovlt_data.text.loops import FINISHED_IN_LOOP, LoopWatch
from ovlt_data.text.polars_syntax import for_polars
from ovlt_data.text.repeats import share_repeated

_LEAKAGE = for_polars(LEAKAGE)
_THOUGHT_TAG, _ANSWER = "</?think>", "<answer>"


def find_traces(step: Step, rows: pl.DataFrame) -> pl.Series:
    """One truth value for each row, in their order."""
    if step.repeated_text is not None:
        shares = [share_repeated(text) for text in rows["reasoning"]]
        return pl.Series(shares, dtype=pl.Float64) > step.repeated_text
    if step.loops is not None:
        return _find_loops(rows)
    return rows.select(doomed=find_leaks() if step.caption_leakage is not None else _malformed())["doomed"]


def find_leaks() -> pl.Expr:
    """True for rows that speak of a caption."""
    return pl.col("reasoning").str.contains(_LEAKAGE) | pl.col("content").str.contains(_LEAKAGE)


def _find_loops(rows: pl.DataFrame) -> pl.Series:
    found = pl.Series([LoopWatch().add(text) for text in rows["raw_reasoning"]], dtype=pl.Boolean)
    return found | rows["finish_reason"].is_in(FINISHED_IN_LOOP).fill_null(value=False)


def _malformed() -> pl.Expr:
    """Not finished, not thought, no answer tag or several, or a tag where it must not stand."""
    content = pl.col("content")
    return (
        pl.col("finish_reason").is_in(["length", *sorted(FINISHED_IN_LOOP)]).fill_null(value=False)
        | (pl.col("reasoning") == "")
        | (content.str.count_matches(_ANSWER, literal=True) != 1)
        | ~content.str.contains(r"(?s)<answer>.*\S.*</answer>\s*\z")
        | content.str.contains(_THOUGHT_TAG)
        | pl.col("reasoning").str.contains("</?(?:think|answer)>")
    )
