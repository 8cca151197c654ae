"""The walk through a recipe's steps, with an account of every row that leaves."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

import msgspec
import polars as pl

from ovlt_data.curate.counts import ALL, count_verdicts
from ovlt_data.curate.difficulty import find_least, measure_difficulty
from ovlt_data.curate.edits import take_edits
from ovlt_data.curate.funnel import count_step
from ovlt_data.curate.probes import ProbeTables, add_probes, measure_probes
from ovlt_data.curate.problems import find_problems, strip_tails
from ovlt_data.curate.steps import explain_dropped, find_dropped, label
from ovlt_data.curate.strip import count_stripped, find_lost, list_golds, strip
from ovlt_data.curate.traces import find_traces
from ovlt_data.curate.words import measure
from ovlt_data.errors import UsageError
from ovlt_data.recipe import Rewrite, Step
from ovlt_data.recipe.step import PROBLEM_FILTERS, TRACE_FILTERS, Strip
from ovlt_data.tables import Curated
from ovlt_data.types import FunnelStep

START = {"sft": "correct", "grpo": "problems"}
"""What stands before the recipe's own steps: of samples, only correct ones become training rows."""
NO_CORRECT = "no_correct"
"""Why a problem left at the start; its samples leave each for their verdict's own reason."""
ANSWER_LOST = "answer_lost"
"""Why a stripped trace left: its answer stands nowhere in what it still says."""


class StepOutcome(NamedTuple):
    """What one step left of its rows, what it dropped, and its entry in the funnel."""

    rows: pl.DataFrame
    dropped: pl.DataFrame
    entry: FunnelStep


def curate(
    problems: pl.DataFrame,
    samples: pl.DataFrame,
    steps: Sequence[Step],
    *,
    kind: Literal["sft", "grpo"],
    rated: pl.Expr = ALL,
    probes: ProbeTables | None = None,
) -> Curated:
    """Apply the steps in their order.

    `problems` are those that didn't fail: samples of any other are passed over. The pass rate is that of the samples
    for which `rated` is true.
    """
    _refuse_equal_marks(steps)
    probes = probes or {}
    counts = add_probes(count_verdicts(problems, samples, rated=rated), probes)
    start = _start_sft(counts, samples) if kind == "sft" else _keep(counts, counts, at=START[kind])
    outcomes = list(accumulate(steps, lambda before, step: _apply(step, before.rows, problems), initial=start))
    return Curated(
        rows=outcomes[-1].rows,
        rejected=pl.concat([outcome.dropped for outcome in outcomes], how="diagonal"),
        funnel=tuple(outcome.entry for outcome in outcomes),
        difficulty=measure_difficulty(
            problems, samples, least=find_least(steps, otherwise=1 if kind == "sft" else 0), rated=rated
        ),
        probes=measure_probes(problems, probes),
    )


def rejected_problems(curated: Curated) -> pl.DataFrame:
    """One row per problem of which nothing was kept: the step and the reason at which its last row went."""
    start = curated.funnel[0].step
    return (
        curated.rejected.join(curated.rows, on="problem_id", how="anti")
        .group_by("problem_id", maintain_order=True)
        .agg(pl.col("source", "rejected_at", "rejected_for").last())
        .with_columns(
            rejected_for=pl.when(rejected_at=start).then(pl.lit(NO_CORRECT)).otherwise(pl.col("rejected_for"))
        )
    )


def drop_rows(rows: pl.DataFrame, doomed: pl.Expr, *, at: str, reason: pl.Expr) -> StepOutcome:
    """Drop the rows for which `doomed` is true."""
    dropped = _reject(rows.filter(doomed), at, reason)
    kept = rows.filter(~doomed)
    return StepOutcome(kept, dropped, count_step(at, rows, kept, reasons=Counter(dropped["rejected_for"])))


def _start_sft(counts: pl.DataFrame, samples: pl.DataFrame) -> StepOutcome:
    known = samples.drop("source").filter(pl.col("problem_id").is_in(counts["problem_id"].implode()))
    rows = (
        known.join(counts, on="problem_id", how="left", maintain_order="left")  # which copies no text
        .select(*counts.columns, pl.exclude(counts.columns))
        .sort("source", "problem_id", "slot")
        .with_columns(pl.col("reasoning").alias("raw_reasoning"))
    )
    rows = rows.with_columns(measure(rows["reasoning"]))
    return drop_rows(rows, pl.col("status") != "correct", at=START["sft"], reason=pl.col("reason"))


def _apply(step: Step, rows: pl.DataFrame, problems: pl.DataFrame) -> StepOutcome:
    if step.strip_reflections is not None:
        return _strip(step.strip_reflections, rows, list_golds(problems), at=label(step))
    if step.strip_tails is not None:
        edited = strip_tails(rows, problems)
        return _keep(rows, edited, at=label(step), touched=edited["asked"].is_not_null())
    if (leakage := (step.mark or step).caption_leakage) is not None and leakage.rewrite is not None:
        return _rewrite(step, leakage.rewrite, rows, problems)
    return _filter(step, rows, problems)


def _rewrite(step: Step, rewrite: Rewrite, rows: pl.DataFrame, problems: pl.DataFrame) -> StepOutcome:
    edited = take_edits(rows, rewrite)
    outcome = _filter(step, edited, problems)
    touched = outcome.entry.touched + int(edited["edited"].sum())
    return outcome._replace(entry=msgspec.structs.replace(outcome.entry, touched=touched))


def _filter(step: Step, rows: pl.DataFrame, problems: pl.DataFrame) -> StepOutcome:
    if step.mark is not None:
        marked = rows.with_columns(_doomed(step.mark, rows, problems).alias(_mark_column(step.mark)))
        return _keep(rows, marked, at=label(step), touched=marked[_mark_column(step.mark)])
    return drop_rows(rows, _doomed(step, rows, problems), at=label(step), reason=explain_dropped(step))


def _doomed(step: Step, rows: pl.DataFrame, problems: pl.DataFrame) -> pl.Expr:
    """True for the rows that the filter drops; filters of problems compare only those of which a row is left."""
    if step.caption_leakage is not None and step.caption_leakage.how == "keep":
        return pl.lit(False)
    if step.name in TRACE_FILTERS:
        return pl.lit(find_traces(step, rows))
    if step.name in PROBLEM_FILTERS:
        left = problems.join(rows, left_on="id", right_on="problem_id", how="semi")
        return pl.col("problem_id").is_in(sorted(find_problems(step, left)))
    return find_dropped(step, rows)


def _strip(how: Strip, rows: pl.DataFrame, golds: pl.DataFrame, *, at: str) -> StepOutcome:
    edited = strip(how.how, rows)
    stripped = count_stripped(rows, edited, golds)
    touched = int((edited["reasoning"] != rows["reasoning"]).sum())
    doomed = pl.lit(find_lost(edited, golds) if how.answer_follows == "drop" else False)
    outcome = drop_rows(edited, doomed, at=at, reason=pl.lit(ANSWER_LOST))
    return outcome._replace(entry=msgspec.structs.replace(outcome.entry, touched=touched, stripped=stripped))


def _keep(rows: pl.DataFrame, after: pl.DataFrame, *, at: str, touched: pl.Series | None = None) -> StepOutcome:
    entry = count_step(at, rows, after, touched=0 if touched is None else int(touched.sum()))
    return StepOutcome(after, _reject(rows.clear(), at, pl.lit("")), entry)


def _reject(rows: pl.DataFrame, at: str, reason: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(pl.lit(at).alias("rejected_at"), reason.alias("rejected_for"))


def _mark_column(step: Step) -> str:
    probe = step.pass_rate.of if step.pass_rate else None
    return f"mark_{step.name}_{probe}" if probe else f"mark_{step.name}"


def _refuse_equal_marks(steps: Sequence[Step]) -> None:
    columns = Counter(_mark_column(step.mark) for step in steps if step.mark is not None)
    twice = [column for column, times in columns.items() if times > 1]
    if twice:
        raise UsageError(f"curate: {', '.join(twice)} would be written twice; expected each filter under one `mark`")
