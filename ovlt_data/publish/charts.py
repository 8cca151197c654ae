"""Three small charts for a version's card: rows by source, how often the model was right, how long it thought."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

CHARTS = "charts.png"
BINS = 20


def write_charts(kept: pl.DataFrame, folder: Path) -> None:
    """`kept` has a row for each of the version's, with `source`, `pass_rate`, and `words` where there is a trace."""
    wanted = {"pass_rate": "pass rate of its problem", "words": "words of reasoning"}
    measured = {column: title for column, title in wanted.items() if _has_values(kept, column)}
    figure = Figure(figsize=(4.2 * (1 + len(measured)), 3.0), layout="constrained")
    first, *others = figure.subplots(1, 1 + len(measured), squeeze=False)[0]
    _draw_sources(first, dict(kept["source"].value_counts(sort=True).sort("count", "source").iter_rows()))
    for axes, (column, title) in zip(others, measured.items(), strict=True):
        axes.hist(kept[column].drop_nulls().to_list(), bins=BINS)
        axes.set_xlabel(title)
        axes.set_ylabel("rows")
    # No date and no version of the library inside: the same rows make the same file.
    figure.savefig(folder / CHARTS, dpi=110, metadata={"Software": None})


def _has_values(kept: pl.DataFrame, column: str) -> bool:
    return column in kept.columns and kept[column].drop_nulls().len() > 0


def _draw_sources(axes: Axes, rows: Mapping[str, int]) -> None:
    axes.barh(list(rows), list(rows.values()))
    axes.set_xlabel("rows")
