"""The way back from one row: problem, caption, samples with their verdicts and prompts, and the versions before it.

All of it stands in the version's own lineage. Ancestors are looked for where runs and trainings stand; one that is not
there is named all the same.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

from ovlt_data.errors import UsageError
from ovlt_data.publish.manifest import MANIFEST
from ovlt_data.publish.parent import Parent, open_parent

TRAINED = "ovlt_train.json"


class Training(Struct, frozen=True):
    """What a trained model says of itself, as far as it leads on."""

    checkpoint: str
    method: str
    parent: str
    version: str


class Ancestor(Struct, frozen=True):
    """A version or a checkpoint that had a part in a row."""

    depth: int
    kind: str
    name: str
    place: str | None
    """Its folder; None where it is not here."""
    detail: str = ""


class Trace(Struct, frozen=True, kw_only=True):
    version: str
    problem_id: str
    row_id: str | None
    """None for a problem of which no row is in the version."""
    samples: Sequence[dict[str, Any]]
    """Lines of the lineage, by slot."""
    rejected: Sequence[dict[str, Any]]
    ancestors: Sequence[Ancestor]


def trace_row(version: Parent, name: str, *, among: Path) -> Trace:
    """All that led to a row (problem id/slot) or to a problem. Raises UsageError for a name that is not there.

    `among` is the folder of runs in which ancestors are looked for.
    """
    problem, _, slot = name.partition("/")
    lineage = pl.scan_parquet(version.folder / "lineage.parquet").filter(problem_id=problem).collect()
    if lineage.is_empty() or (slot and slot not in lineage["slot"].cast(pl.String).to_list()):
        raise UsageError(
            f"{name}: no such row or problem in version {version.manifest.version}; expected an id from its column "
            "`id` or `problem_id`"
        )
    rejected = pl.scan_parquet(version.folder / "rejected.parquet").filter(problem_id=problem).collect()
    kept = lineage.filter("kept")
    of_problem = version.manifest.kind == "grpo"
    return Trace(
        version=version.manifest.version,
        problem_id=problem,
        row_id=None if kept.is_empty() else problem if of_problem else f"{problem}/{slot or kept['slot'][0]}",
        samples=lineage.sort("slot").to_dicts(),
        rejected=rejected.to_dicts(),
        ancestors=list(_follow(version, among, depth=0)),
    )


def _follow(version: Parent, among: Path, *, depth: int) -> Iterator[Ancestor]:
    """Versions that this one was made from, then the checkpoints that spoke in it, each with its own ancestors."""
    for parent in version.manifest.parents:
        folder = _find_version(parent, among)
        yield Ancestor(depth, "version", parent, folder and str(folder))
        if folder is not None:
            yield from _follow(open_parent(folder), among, depth=depth + 1)
    for role, model in version.manifest.models.items():
        training = _find_training((model or "").rpartition("@")[2], among) if model else None
        if training is not None:
            yield from _follow_training(*training, f"{role}: {model}", among, depth=depth)


def _follow_training(folder: Path, training: Training, name: str, among: Path, *, depth: int) -> Iterator[Ancestor]:
    yield Ancestor(depth, "checkpoint", name, str(folder), f"{training.method} on version {training.version}")
    before = _find_training(training.parent, among)
    if before is not None:
        yield from _follow_training(*before, training.parent, among, depth=depth + 1)
    taught_by = _find_version(training.version, among)
    yield Ancestor(depth + 1, "version", training.version, taught_by and str(taught_by))
    if taught_by is not None:
        yield from _follow(open_parent(taught_by), among, depth=depth + 2)


def _find_version(version: str, among: Path) -> Path | None:
    return next((path.parent for path in among.glob(f"*/versions/{version}/{MANIFEST}")), None)


def _find_training(checkpoint: str, among: Path) -> tuple[Path, Training] | None:
    """The training that made the weights of a hash."""
    for path in sorted(among.glob(f"**/{TRAINED}")):
        training = msgspec.json.decode(path.read_bytes(), type=Training)
        if training.checkpoint == checkpoint:
            return path.parent, training
    return None
