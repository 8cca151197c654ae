"""Edits that are taken in place of traces that speak of their caption, and why the others are not."""

import polars as pl

from ovlt_data.curate.traces import find_leaks
from ovlt_data.curate.words import measure
from ovlt_data.recipe import Rewrite

TEXTS = ("reasoning", "content", "extracted")


def take_edits(rows: pl.DataFrame, rewrite: Rewrite) -> pl.DataFrame:
    """Rows that leak say what their sound edits say: `edited` tells which do, `raw_reasoning` what the model wrote."""
    sound = (_of_edit("fault") == "") & _of_edit("changed").le(rewrite.max_changed)
    rows = rows.with_columns(edited=(find_leaks() & sound).fill_null(value=False))
    texts = [pl.when("edited").then(_of_edit(name)).otherwise(name).alias(name) for name in TEXTS]
    rows = rows.with_columns(texts)
    return rows.with_columns(measure(rows["reasoning"]))


def explain_refused(rewrite: Rewrite) -> pl.Expr:
    """Why a row leaks that could have been edited."""
    fault = _of_edit("fault")
    return (
        pl.when(fault.is_null()).then(pl.lit("caption_leakage"))
        .when(fault != "").then(pl.concat_str(pl.lit("rewrite_"), fault))
        .when(_of_edit("changed") > rewrite.max_changed).then(pl.lit("rewrite_changed"))
        .otherwise(pl.lit("rewrite_leaks"))
    )  # fmt: skip


def _of_edit(name: str) -> pl.Expr:
    return pl.col("edit").struct.field(name)
