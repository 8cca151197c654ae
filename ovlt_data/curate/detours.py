"""Excise: traces without their detours, but with the progress between them.

A detour starts at a reflective sentence. It goes on while nothing new is stated, since a check repeats the values that
it checks, and ends at a conclusion or at a new paragraph that goes on with a step. What was first stated within a
detour is kept where the text that is left uses it: values, as in a compiler, are live or dead.

All traces are cut at once: one row or one array element stands for one sentence, whichever trace it is of.
"""

from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from ovlt_data.text.polars_syntax import for_polars
from ovlt_data.text.reflect import MARKERS, TURN
from ovlt_data.text.sentences import SENTENCE

_VALUE = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TURN = for_polars(TURN)
_FILLER = for_polars(rf"(?i)^[\"'(]*{MARKERS.fillers}")
_STEP = for_polars(rf"(?i)^(?:{MARKERS.steps}\b|\d+[.)]|[-*•#])")
_CONCLUSION = for_polars(rf"(?i)^{MARKERS.conclusions}")

Array = np.ndarray[Any, Any]


class Values(Struct, frozen=True):
    """The values that stand in sentences: for each the sentence it stands in, and the trace's first that states it."""

    stands: Array
    first: Array


def excise(texts: pl.Series) -> pl.Series:
    """What is left of each; the whole trace where nothing would be, or nothing is reflective."""
    traces = texts.to_frame("text").with_row_index("trace")
    sentences = _take_apart(traces)
    kept = _find_kept(sentences)
    left = _join(sentences, kept)
    turned = sentences.filter("reflective").select("trace").unique()
    return (
        traces.join(left.join(turned, on="trace", how="semi"), on="trace", how="left", maintain_order="left")
        .select(pl.coalesce("left", "text").alias(texts.name))
        .to_series()
    )


def _take_apart(traces: pl.DataFrame) -> pl.DataFrame:
    """A row for each sentence."""
    text = pl.col("text")
    return (
        traces.with_columns(text.str.extract_all(SENTENCE))
        .explode("text")
        .filter(text != "")
        .with_columns(
            reflective=text.str.contains(_TURN),
            concludes=text.str.contains(_CONCLUSION),
            steps=text.str.contains(_STEP),
            opens=pl.col("trace").is_first_distinct(),
            breaks=text.str.contains("\n", literal=True),
        )
    )


def _find_kept(sentences: pl.DataFrame) -> Array:
    values = _find_values(sentences)
    kept = _find_outside(sentences, values)
    doubtful = np.flatnonzero(~kept & _mark(values.first, len(kept)))
    turns = _without_filler(sentences["text"].gather(doubtful)).str.contains(_TURN).to_numpy()
    return _keep_live(kept, values, dead=_mark(doubtful[turns], len(kept)))


def _find_values(sentences: pl.DataFrame) -> Values:
    found = (
        sentences.select("trace", value=pl.col("text").str.extract_all(_VALUE))
        .with_row_index("stands")
        .filter(pl.col("value").list.len() > 0)
        .explode("value")
        .with_columns(pl.col("value").str.replace_all(",", "", literal=True).cast(pl.Categorical).to_physical())
        .select("stands", first=pl.col("stands").first().over("trace", "value"))
    )
    return Values(found["stands"].to_numpy(), found["first"].to_numpy())


def _find_outside(sentences: pl.DataFrame, values: Values) -> Array:
    """True for sentences outside of detours: each is where the last one that opened or ended a detour left it."""
    reflective, concludes, steps, opens, breaks = (
        sentences[name].to_numpy() for name in ("reflective", "concludes", "steps", "opens", "breaks")
    )
    count = len(reflective)
    fresh, valued = _mark(values.first, count), _mark(values.stands, count)
    starts_line = opens | np.roll(breaks, 1)
    goes_on = np.where(concludes, fresh, starts_line & steps & (fresh | ~valued))
    last = _mark(np.flatnonzero(concludes)[sentences.filter("concludes")["trace"].is_last_distinct().to_numpy()], count)
    decides = reflective | goes_on | last | opens
    return ~(reflective & ~last)[_latest(decides)]


def _keep_live(kept: Array, values: Values, *, dead: Array) -> Array:
    """With what first stated a value that is used later, and so on for the values that it uses itself."""
    while True:
        live = _mark(values.first[kept[values.stands]], len(kept)) & ~kept & ~dead
        if not live.any():
            return kept
        kept = kept | live


def _join(sentences: pl.DataFrame, kept: Array) -> pl.DataFrame:
    """The kept ones of each trace; the line or paragraph that ended among the dropped still ends.

    Each kept sentence takes, of its own gap and those of the dropped after it, the first that ends the most lines.
    """
    text = sentences["text"].clone()
    filled = np.flatnonzero(kept & text.str.contains(_FILLER).to_numpy())
    text = text.scatter(filled, _without_filler(text.gather(filled)))
    bodies = text.str.strip_chars_end()
    gaps = pl.select(pl.lit(text).str.strip_prefix(pl.lit(bodies))).to_series()
    starts = np.flatnonzero(kept | sentences["opens"].to_numpy())
    ends = _first_of_most(gaps.str.count_matches("\n", literal=True).to_numpy().astype(np.int64), starts)
    own = kept[starts]
    pieces = bodies.gather(starts[own]) + gaps.gather(ends[own])
    return (
        pl.DataFrame({"trace": sentences["trace"].gather(starts[own]), "left": pieces})
        .group_by("trace", maintain_order=True)
        .agg(pl.col("left").str.join("").str.strip_chars_end())
        .filter(pl.col("left") != "")
    )


def _first_of_most(lines: Array, starts: Array) -> Array:
    """From each start to the next one, the place of the first of the largest."""
    back = len(lines) - 1 - np.arange(len(lines))
    return len(lines) - 1 - np.maximum.reduceat(lines * len(lines) + back, starts) % len(lines)


def _without_filler(texts: pl.Series) -> pl.Series:
    rest = texts.str.replace(_FILLER, "")
    begun = rest.str.slice(0, 1).str.to_uppercase() + rest.str.slice(1)
    return begun.zip_with(rest != texts, texts)


def _mark(places: Array, count: int) -> Array:
    """True at the places."""
    marks = np.zeros(count, dtype=np.bool_)
    marks[places] = True
    return marks


def _latest(flags: Array) -> Array:
    """For each place the last one up to it that is true; the first one where there is none."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))
