"""`stop_when` at the end of curation: of more rows than were asked for, the first in the order of the sources.

Which problems were asked beyond that is chance: how many were in flight when the last row arrived. All that set out
were finished, and they set out in the order of the sources, so that the first rows are the same whatever came after.
"""

import polars as pl

from ovlt_data.curate.curate import drop_rows
from ovlt_data.recipe import StopWhen
from ovlt_data.tables import Curated


def cut_rows(curated: Curated, problems: pl.DataFrame, stop_when: StopWhen) -> Curated:
    """Rows within the limits; the others are rejected as `not_needed`. `problems` bring their place in reading."""
    if stop_when.rows is None and not stop_when.sources:
        return curated
    numbers = problems.select("number", problem_id="id")
    places = curated.rows.select("source", "problem_id").join(numbers, on="problem_id", maintain_order="left")
    limit = pl.col("source").replace_strict(stop_when.sources, default=None, return_dtype=pl.Int64)
    in_order = places.with_row_index("place").sort("number", "place")
    of_source = in_order.filter((pl.int_range(pl.len()).over("source") < limit).fill_null(value=True))
    needed = of_source if stop_when.rows is None else of_source.head(stop_when.rows)
    doomed = ~places.with_row_index("place")["place"].is_in(needed["place"].implode())
    last = drop_rows(curated.rows, pl.lit(doomed), at="stop_when", reason=pl.lit("not_needed"))
    return curated._replace(
        rows=last.rows,
        rejected=pl.concat([curated.rejected, last.dropped], how="diagonal"),
        funnel=(*curated.funnel, last.entry),
    )
