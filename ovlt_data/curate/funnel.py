"""The funnel: what went into each step, what came out, and why the rest did not."""

from collections.abc import Mapping

import polars as pl

from ovlt_data.text.reflect import describe_stripped
from ovlt_data.types import FunnelStep

FEW_WORDS = 30
"""Where the shortest traces have fewer words than this, they hold conclusions rather than reasoning."""


def count_step(
    step: str, before: pl.DataFrame, after: pl.DataFrame, *, reasons: Mapping[str, int] | None = None, touched: int = 0
) -> FunnelStep:
    """Compare the rows before a step with those after it."""
    return FunnelStep(
        step=step,
        rows_in=before.height,
        rows_out=after.height,
        problems_in=before["problem_id"].n_unique(),
        problems_out=after["problem_id"].n_unique(),
        reasons=dict(sorted((reasons or {}).items(), key=lambda item: (-item[1], item[0]))),
        touched=touched,
    )


def describe_funnel(funnel: tuple[FunnelStep, ...], rows: pl.DataFrame) -> list[str]:
    """Plain lines for people: one per step, then how short the shortest traces left are."""
    width = max(len(step.step) for step in funnel)
    lines = [_describe_step(step, width) for step in funnel]
    if "words" not in rows.columns or rows.is_empty():
        return lines
    words = rows["words"].quantile(0.05, interpolation="lower") or 0
    lines.append(f"words of reasoning: 5 percent of the rows have {words:.0f} or fewer")
    if words < FEW_WORDS:
        lines.append(
            f"warning: that is under {FEW_WORDS}, too short for more than a conclusion: look at some in the report, "
            "and set min_words"
        )
    return lines


def _describe_step(step: FunnelStep, width: int) -> str:
    told = [f"{n:,} {reason}" for reason, n in step.reasons.items()]
    if step.touched:
        told.append(f"{step.touched:,} {'marked' if step.step.startswith('mark') else 'edited'}")
    counts = f"{step.rows_in:>9,} -> {step.rows_out:>9,} rows {step.problems_out:>9,} problems"
    if step.stripped:
        told.append(describe_stripped(step.stripped))
    return f"{step.step:<{width}} {counts}  {', '.join(told)}".rstrip()
