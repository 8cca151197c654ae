"""Build a dataset version from what curation kept of a run."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import polars as pl

from ovlt_data.errors import NothingBuilt
from ovlt_data.publish.account import complete_card, write_account
from ovlt_data.publish.features import OF_JUDGED, list_further, make_features
from ovlt_data.publish.lineage import PROBES_FILE, trace_probes, trace_samples
from ovlt_data.publish.manifest import describe
from ovlt_data.publish.place import Version, place_version
from ovlt_data.publish.provenance import Provenance
from ovlt_data.publish.rows import identify, make_rows, split_rows
from ovlt_data.publish.shards import write_splits
from ovlt_data.recipe import Recipe, resolved_yaml
from ovlt_data.tables import Curated
from ovlt_data.types import FunnelStep

ROW_GROUP = 10_000
"""Samples encoded at once, and read by whoever looks for one problem."""


def build_version(
    folder: Path,
    *,
    recipe: Recipe,
    problems: pl.DataFrame,
    captions: pl.DataFrame,
    samples: pl.DataFrame,
    curated: Curated,
    provenance: Provenance,
    probes: pl.DataFrame | None = None,
) -> Version:
    """Build into `versions/` of a run's folder, and let its `dataset` point there.

    `captions` and `samples` have a further column `prompt`: the text that was sent, null for what a table gave.
    `probes` are the replies to the recipe's.
    """
    kept, build = curated.rows, recipe.build
    if kept.is_empty():
        raise NothingBuilt(_explain_nothing(curated.funnel))
    make = partial(make_rows, problems=problems, captions=captions, answer=build.answer, provenance=provenance)
    splits = {split: partial(make, rows) for split, rows in split_rows(kept).items()}
    further = [*list_further(kept.columns), *(OF_JUDGED if recipe.judge is not None else ())]

    def write(place: Path) -> None:
        shards = write_splits(splits, place / "data", make_features(build.kind, further))
        lineage = trace_samples(problems, captions, samples, curated=curated, provenance=provenance)
        lineage.write_parquet(place / "lineage.parquet", row_group_size=ROW_GROUP)
        if probes is not None and not probes.is_empty():
            trace_probes(probes, provenance).write_parquet(place / PROBES_FILE, row_group_size=ROW_GROUP)
        curated.rejected.write_parquet(place / "rejected.parquet", row_group_size=ROW_GROUP)
        manifest = describe(
            version, recipe=recipe, problems=problems, curated=curated, provenance=provenance, shards=shards
        )
        write_account(manifest, place, recipe=resolved_yaml(recipe), kept=kept)

    built = place_version(folder, version := identify(splits), rows=kept.height, write=write)
    complete_card(folder, built.path)
    return built


def _explain_nothing(funnel: Sequence[FunnelStep]) -> str:
    if not funnel[0].rows_in:
        return "nothing to build from: the run has no samples of problems that did not fail"
    last = next(step for step in funnel if not step.rows_out)
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in last.reasons.items())
    return f"nothing to build from: the last {last.rows_in:,} rows went at `{last.step}` ({reasons})"
