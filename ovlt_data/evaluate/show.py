"""Scores as people read them: models side by side, as in the paper's Table 1; then each benchmark by category."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from ovlt_data.evaluate.score import Score

INTERVAL = "Percent correct, with Wilson's 95 percent interval."
COLUMNS = ["model", "benchmark", "rule", "category", "problems", "correct", "accuracy", "low", "high"]


def render_markdown(scores: Sequence[Score]) -> str:
    """All tables."""
    whole = [score for score in scores if not score.category]
    parts = [render_overview(scores), _render_counts(whole)]
    for benchmark in _names(score.benchmark for score in scores):
        filed = [score for score in scores if score.category and score.benchmark == benchmark]
        if filed:
            parts.append(f"## {benchmark}\n\n{_side_by_side(filed, heading='category', row=lambda s: s.category)}")
    return "\n\n".join(parts) + "\n"


def render_overview(scores: Sequence[Score]) -> str:
    """A row for each benchmark, a column for each model."""
    whole = [score for score in scores if not score.category]
    rules = ", ".join(_names(score.rule for score in whole))
    table = _side_by_side(whole, heading="benchmark", row=lambda score: score.benchmark)
    return f"{table}\n\n{INTERVAL} Judged by: {rules}; the benchmarks' own rules stand in scores.md."


def render_csv(scores: Sequence[Score]) -> str:
    """A line for each model, benchmark and category."""
    ks = sorted({k for score in scores for k in score.pass_at})
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*COLUMNS, "unscorable", "failed", "official", "official_rule", *(f"pass@{k}" for k in ks)])
    for s in scores:
        said = [s.model, s.benchmark, s.rule, s.category, s.problems, s.correct, f"{s.accuracy:.4f}", f"{s.low:.4f}"]
        passes = [f"{s.pass_at[k]:.4f}" if k in s.pass_at else "" for k in ks]
        writer.writerow([*said, f"{s.high:.4f}", s.unscorable, s.failed, _official(s), s.official_rule, *passes])
    return file.getvalue()


def _render_counts(whole: Sequence[Score]) -> str:
    """What stands behind the figures, and pass@k."""
    ks = sorted({k for score in whole for k in score.pass_at})
    heading = [
        "model",
        "benchmark",
        "problems",
        "correct",
        "unscorable",
        "failed",
        "official rule",
        *(f"pass@{k}" for k in ks),
    ]
    rows = [
        [
            s.model,
            s.benchmark,
            f"{s.problems:,}",
            f"{s.correct:,}",
            f"{s.unscorable:,}",
            f"{s.failed:,}",
            f"{_official(s)} {s.official_rule}",
        ]
        + [f"{100 * s.pass_at[k]:.1f}" if k in s.pass_at else "–" for k in ks]
        for s in whole
    ]
    return _table(heading, rows)


def _official(score: Score) -> str:
    return "" if score.official is None else f"{score.official:.4f}"


def _side_by_side(scores: Sequence[Score], *, heading: str, row: Callable[[Score], str]) -> str:
    models = _names(score.model for score in scores)
    cells = {(row(score), score.model): _cell(score) for score in scores}
    counts = {row(score): score.problems for score in scores}
    rows = [[name, f"{counts[name]:,}", *(cells.get((name, model), "–") for model in models)] for name in counts]
    return _table([heading, "problems", *models], rows)


def _cell(score: Score) -> str:
    return f"{100 * score.accuracy:.1f} ({100 * score.low:.1f} to {100 * score.high:.1f})"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown whose columns stand under each other in a terminal."""
    widths = [max(len(line[column]) for line in [heading, *rows]) for column in range(len(heading))]
    rule = ["-" * width for width in widths]
    lines = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in [heading, rule, *rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _names(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
