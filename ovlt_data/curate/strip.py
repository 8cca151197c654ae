"""The step `strip_reflections`: what it does to traces, and whether their answer still stands in them."""

from typing import Literal

import polars as pl

from ovlt_data.curate.detours import excise
from ovlt_data.curate.words import measure
from ovlt_data.text.follows import answer_stands
from ovlt_data.text.polars_syntax import for_polars
from ovlt_data.text.reflect import MARKERS, PAPER, REFLECTIVE
from ovlt_data.types import Stripped

_REFLECTIVE = for_polars(REFLECTIVE)
DRAWN = 1000
"""Traces that show what a cut did, within two points: to read all of them takes longer than every step together."""
_LEADING = rf"^\s*(?:(?:{PAPER})\s*)*"


def strip(how: Literal["keep", "truncate", "excise"], rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with their traces stripped of reflections, and measured again."""
    if how == "keep":
        return rows
    texts = rows["reasoning"]
    stripped = truncate(texts) if how == "truncate" else excise(texts)
    return rows.with_columns(stripped.alias("reasoning"), measure(stripped))


def truncate(texts: pl.Series) -> pl.Series:
    """What stands before the paper's first marker.

    Markers at the very start don't count: nothing stands before them that they could reflect on, and an empty thought
    would teach a student not to think.
    """
    text = pl.col("text")
    start = text.str.extract(_LEADING, 0).str.len_bytes()
    rest = text.cast(pl.Binary).bin.slice(start).cast(pl.String)
    head = text.cast(pl.Binary).bin.head(start + rest.str.find(PAPER)).cast(pl.String)  # `find` counts bytes
    cut = pl.when(head.is_null()).then(text).otherwise(head.str.strip_chars_end())
    return texts.to_frame("text").select(cut).to_series().alias(texts.name)


def list_golds(problems: pl.DataFrame) -> pl.DataFrame:
    """Per problem: the gold's value, and its letter where it is one of several choices."""
    by_letter = pl.col("answer_type") == "choice"
    place = pl.col("answer").str.head(1).replace_strict({chr(65 + i): i for i in range(26)}, default=None)
    chosen = pl.col("choices").list.get(place, null_on_oob=True)
    return problems.select(
        problem_id="id",
        value=pl.when(by_letter).then(chosen).otherwise("answer").fill_null(""),
        letter=pl.when(by_letter).then("answer").otherwise(pl.lit("")),
    )


def find_lost(rows: pl.DataFrame, golds: pl.DataFrame) -> pl.Series:
    """True for traces in which the answer doesn't stand."""
    known = rows.select("problem_id", "reasoning").join(golds, on="problem_id", how="left", maintain_order="left")
    columns = (known["reasoning"], known["value"], known["letter"])
    lost = [not answer_stands(thought, value, letter) for thought, value, letter in zip(*columns, strict=True)]
    return pl.Series(lost, dtype=pl.Boolean)


def count_stripped(before: pl.DataFrame, after: pl.DataFrame, golds: pl.DataFrame) -> Stripped:
    """Words of all traces; reflections and answers of at most `DRAWN`, evenly spaced."""
    drawn = [frame.gather_every(max(1, frame.height // DRAWN)).head(DRAWN) for frame in (before, after)]
    reflections = [_mean(frame["reasoning"].str.count_matches(_REFLECTIVE)) for frame in drawn]
    follows = [1 - _mean(find_lost(frame, golds)) for frame in drawn]
    return Stripped(
        markers=MARKERS.version,
        reflections=(reflections[0], reflections[1]),
        words=(_mean(before["words"]), _mean(after["words"])),
        answer_follows=(follows[0], follows[1]),
    )


def _mean(column: pl.Series) -> float:
    return float(column.cast(pl.Float64).mean() or 0.0)  # pyright: ignore[reportArgumentType] # of numbers: a number
