"""The funnel: what went into each step, what came out, and why the rest did not."""

from collections.abc import Mapping, Sequence

import polars as pl

from ovlt_data.text.reflect import describe_stripped
from ovlt_data.types import Difficulty, FunnelStep

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
        judged=_count_judged(after),
    )


def _count_judged(rows: pl.DataFrame) -> int:
    """Samples whose verdict is a judge's; problems that have one."""
    if "method" in rows.columns:
        return rows.filter(method="judge").height
    return rows.filter(pl.col("n_judged") > 0).height if "n_judged" in rows.columns else 0


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


def describe_difficulty(sources: Sequence[Difficulty]) -> list[str]:
    """Plain lines for people: how hard each source was, and what luck explains."""
    names = [f"{source.source} ({source.probe})" if source.probe else source.source for source in sources]
    width = max(map(len, names), default=0)
    return [f"{name:<{width}} {describe_source(source)}" for name, source in zip(names, sources, strict=True)]


def describe_source(source: Difficulty) -> str:
    """One source's pass rates and luck, in one line."""
    passes = [f"pass@{p.k} {p.rate:.2f}" + (f" (+{p.gap:.2f})" if p.k > 1 else "") for p in source.pass_at]
    rates = [f"pass rates 0|¼|½|¾|<1|1: {' '.join(map(str, source.bins))}", *passes] if source.rated else []
    unrated = [f"{source.unrated:,} problems without a pass rate"] if source.unrated else []
    lucky = [f"luck alone explains {source.by_luck:,.1f} of {source.passed:,} that passed"] if source.by_luck else []
    return " · ".join([*rates, *unrated, *lucky])


def _describe_step(step: FunnelStep, width: int) -> str:
    told = [f"{n:,} {reason}" for reason, n in step.reasons.items()]
    if step.touched:
        told.append(f"{step.touched:,} {'marked' if step.step.startswith('mark') else 'edited'}")
    if step.judged:
        told.append(f"{step.judged:,} by the judge's word")
    counts = f"{step.rows_in:>9,} -> {step.rows_out:>9,} rows {step.problems_out:>9,} problems"
    if step.stripped:
        told.append(describe_stripped(step.stripped))
    return f"{step.step:<{width}} {counts}  {', '.join(told)}".rstrip()
