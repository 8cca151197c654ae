"""Build a dataset version: a folder that appears whole, under a name that its rows determine, and never changes.

It is written beside its place and renamed when its manifest is in it; so what is killed half-way leaves no version,
and a version that is there already is left alone.
"""

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import polars as pl
from msgspec import Struct

from ovlt_data.errors import NothingBuilt
from ovlt_data.publish.card import write_card
from ovlt_data.publish.features import make_features
from ovlt_data.publish.lineage import trace_samples
from ovlt_data.publish.manifest import MANIFEST, describe, write_manifest
from ovlt_data.publish.provenance import Provenance
from ovlt_data.publish.rows import identify, make_rows
from ovlt_data.publish.shards import write_shards
from ovlt_data.recipe import Recipe, resolved_yaml
from ovlt_data.tables import Curated
from ovlt_data.types import FunnelStep


class Version(Struct, frozen=True):
    id: str
    path: Path
    rows: int
    new: bool
    """False where the same rows had been built before."""


def build_version(
    folder: Path,
    *,
    recipe: Recipe,
    problems: pl.DataFrame,
    captions: pl.DataFrame,
    samples: pl.DataFrame,
    curated: Curated,
    provenance: Provenance,
) -> Version:
    """Build into `versions/` of a run's folder, and let its `dataset` point there.

    `captions` and `samples` have a further column `prompt`: the text that was sent, null for what a table gave.
    """
    kept, build = curated.rows, recipe.build
    if kept.is_empty():
        raise NothingBuilt(_explain_nothing(curated.funnel))
    rows = partial(make_rows, kept, problems, captions, answer=build.answer, provenance=provenance)
    path = folder / "versions" / (version := identify(rows()))
    is_new = not (path / MANIFEST).exists()
    if is_new:
        place = _make_place(path)
        marks = [column for column in kept.columns if column.startswith("mark_")]
        shards = write_shards(rows(), place / "data", make_features(build.kind, marks))
        lineage = trace_samples(problems, captions, samples, curated=curated, teachers=provenance.teachers)
        lineage.write_parquet(place / "lineage.parquet")
        curated.rejected.write_parquet(place / "rejected.parquet")
        (place / "recipe.yaml").write_text(resolved_yaml(recipe), encoding="utf-8")
        manifest = describe(
            version, recipe=recipe, problems=problems, curated=curated, provenance=provenance, shards=shards
        )
        (place / "README.md").write_text(write_card(manifest, recipe=resolved_yaml(recipe)), encoding="utf-8")
        write_manifest(manifest, place)
        _publish(place, path)
    _point(folder / "dataset", path)
    return Version(version, path, kept.height, is_new)


def _make_place(path: Path) -> Path:
    """An empty folder beside a version's; whatever killed builds left there goes."""
    for left in path.parent.glob(".*.unfinished"):
        shutil.rmtree(left)
    place = path.with_name(f".{path.name}.unfinished")
    place.mkdir(parents=True)
    return place


def _publish(place: Path, path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)  # has no manifest, so it is no version
    place.rename(path)


def _point(link: Path, path: Path) -> None:
    """Switch the link in one step: whoever follows it finds the old version or the new one."""
    fresh = link.with_name(f".{link.name}.unfinished")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(path, link.parent), target_is_directory=True)
    fresh.replace(link)


def _explain_nothing(funnel: Sequence[FunnelStep]) -> str:
    if not funnel[0].rows_in:
        return "nothing to build from: the run has no samples of problems that did not fail"
    last = next(step for step in funnel if not step.rows_out)
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in last.reasons.items())
    return f"nothing to build from: the last {last.rows_in:,} rows went at `{last.step}` ({reasons})"
