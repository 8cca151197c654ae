"""What each step of a recipe's `curate` does to the rows that are left.

Filters are expressions that are true for a row to drop, so that dropping and marking share them. They count on
rows in the order (source, problem, slot). `strip_reflections` alone edits: `reasoning` is the trace as it stands,
`words` its length, `raw_reasoning` what the model wrote.
"""

import polars as pl
import yaml

from ovlt_data.curate.edits import explain_refused
from ovlt_data.recipe import Select, Step
from ovlt_data.recipe.step import MinCorrect
from ovlt_data.types import ProbeName

SHORT = frozenset({"default", "by", "how"})
"""Keys that are left out where they stand alone: {by: shortest} is written `shortest`."""


def label(step: Step) -> str:
    """The step as a recipe writes it, on one line."""
    if step.mark is not None:
        return f"mark: {{{label(step.mark)}}}"
    value = step.model_dump(exclude_unset=True)[step.name]
    if isinstance(value, dict) and len(value) == 1 and value.keys() <= SHORT:
        (value,) = value.values()
    return yaml.safe_dump({step.name: value}, default_flow_style=True, sort_keys=False, width=1000).strip()[1:-1]


def find_dropped(step: Step, rows: pl.DataFrame) -> pl.Expr:
    """True for those of `rows` that the filter drops."""
    if step.min_correct is not None:
        return pl.col("n_correct") < needed(step.min_correct)
    if step.pass_rate is not None:
        fits = _rate(step.pass_rate.of).is_between(step.pass_rate.min, step.pass_rate.max)
        return _is_asked(step.pass_rate.of) & ~fits.fill_null(value=False)
    if step.select is not None:
        return ~_selected(step.select, rows)
    if step.min_words is not None:
        return pl.col("words") < step.min_words
    if step.max_words is not None:
        return pl.col("words") > step.max_words
    if step.min_tokens is not None:
        return pl.col("completion_tokens").is_between(1, step.min_tokens - 1).fill_null(value=False)
    if step.max_tokens is not None:
        return (pl.col("completion_tokens") > step.max_tokens).fill_null(value=False)
    raise ValueError(f"{label(step)} is no filter")


def explain_dropped(step: Step) -> pl.Expr:
    """The reason of each row that the filter drops."""
    if step.pass_rate is not None:
        rate = _rate(step.pass_rate.of)
        hard = pl.when(rate < step.pass_rate.min).then(pl.lit("too_hard")).otherwise(pl.lit("too_easy"))
        return pl.when(rate.is_null()).then(pl.lit("not_rated")).otherwise(hard)
    if step.caption_leakage is not None and step.caption_leakage.rewrite is not None:
        return explain_refused(step.caption_leakage.rewrite)
    return pl.lit("not_selected" if step.select is not None else step.name)


def _rate(probe: ProbeName | None) -> pl.Expr:
    return pl.col(f"probe_{probe}" if probe else "pass_rate")


def _is_asked(probe: ProbeName | None) -> pl.Expr:
    """Whether the pass rate is about the problem: a probe says nothing of those that it does not ask."""
    return pl.col(f"probe_{probe}_decided").is_not_null() if probe else pl.lit(True)


def needed(least: MinCorrect) -> pl.Expr:
    """How many correct samples a problem of its answer type must have."""
    by_type = {answer_type: n for answer_type, n in least.items() if answer_type != "default"}
    default = pl.lit(least["default"], dtype=pl.Int64)
    if not by_type:
        return default
    return pl.col("answer_type").replace_strict(by_type, default=default, return_dtype=pl.Int64)


def _selected(select: Select, rows: pl.DataFrame) -> pl.Expr:
    """The first `keep` distinct traces of each problem in the asked order; equal ones count once, by the lowest slot.

    `second_longest` passes over the longest where there is another.
    """
    if select.by == "all":
        return pl.lit(True)
    traces = rows.select("problem_id", "words", "slot", distinct=_find_distinct(rows))
    distinct = pl.col("distinct")
    order = {"shortest": pl.col("words"), "second_longest": -pl.col("words"), "first": pl.col("slot")}[select.by]
    rank = pl.when(distinct).then(order).rank("ordinal")
    if select.by == "second_longest":
        rank = rank.cast(pl.Int64) - (distinct.sum() > 1).cast(pl.Int64)
    selected = rank.is_between(1, select.keep).fill_null(False).over("problem_id")
    return pl.lit(traces.select(selected).to_series())


def _find_distinct(rows: pl.DataFrame) -> pl.Series:
    """False for traces that say, but for white space, what an earlier one of their problem says.

    Equal ones are equally long: only those are read, since reading is what takes time.
    """
    alike = ["problem_id", "words"]
    tied = rows.select(*alike, "reasoning").with_row_index("place").filter(pl.len().over(alike) > 1)
    said = pl.col("reasoning").str.replace_all(r"\s+", " ").str.strip_chars()
    repeats = tied.filter(~pl.struct("problem_id", said).is_first_distinct())
    return ~pl.int_range(rows.height, eager=True).is_in(repeats["place"].implode())
