"""A version as a parent of others: what it says of itself, what is known of its rows, and the rows as they stand.

Rows travel with their pictures' bytes; only those that are taken are read, one row group at a time.
"""

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow.parquet as pq
from msgspec import Struct

from ovlt_data.errors import UsageError
from ovlt_data.publish.lineage import PROBES_FILE
from ovlt_data.publish.manifest import MANIFEST, Manifest
from ovlt_data.publish.rows import TRAIN, Embedded, Row
from ovlt_data.tables import PROBES
from ovlt_data.types import ProbeName

INDEX = ["id", "problem_id", "source", "pass_rate", "pass_rate_model", "images.list.element.path"]


class Parent(Struct, frozen=True):
    folder: Path
    manifest: Manifest

    @property
    def shards(self) -> list[Path]:
        return [self.folder / "data" / shard.name for shard in self.manifest.shards]

    @property
    def splits(self) -> list[str]:
        return [TRAIN, "validation"] if self.manifest.validation_rows else [TRAIN]

    def shards_of(self, split: str) -> list[Path]:
        return [shard for shard in self.shards if shard.name.startswith(f"{split}-")]


def open_parent(folder: Path) -> Parent:
    """A version's folder, or a run's, which stands for its newest. Raises UsageError where there is none."""
    path = folder / "dataset" if (folder / "dataset").exists() else folder
    path = path.resolve()
    try:
        manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise UsageError(f"{folder}: no dataset version is here; expected a run's folder or a version's") from None
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path / MANIFEST}: is no manifest that this release reads ({error})") from error
    return Parent(path, manifest)


def read_pool(parent: Parent) -> pl.DataFrame:
    """What is known of each row (`curate.mix.POOL`), without its pictures' bytes; held-back rows stay held back."""
    tables = [pl.from_arrow(pq.ParquetFile(shard).read(columns=INDEX)) for shard in parent.shards_of(TRAIN)]
    frames = [table for table in tables if isinstance(table, pl.DataFrame)]
    hashes = pl.col("images").list.eval(pl.element().struct.field("path").str.split(".").list.first())
    return pl.concat(frames).with_columns(images=hashes)


def read_pass_rates(parent: Parent) -> pl.DataFrame:
    """How often its model was right, by `problem_id`, kept or not; from its lineage."""
    status = pl.col("status")
    right, decided = (status == "correct").sum(), (status != "unscorable").sum()
    samples = pl.scan_parquet(parent.folder / "lineage.parquet")
    rates = samples.group_by("problem_id").agg(pass_rate=right / decided, pass_rate_model=pl.col("model").first())
    return rates.with_columns(pl.col("pass_rate").fill_nan(None)).collect()


def read_probes(parent: Parent, probe: ProbeName) -> pl.DataFrame:
    """All replies to a probe. Raises UsageError where the version was made without it."""
    path = parent.folder / PROBES_FILE
    found = pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=PROBES)
    if probe not in found["probe"]:
        there = ", ".join(sorted(found["probe"].unique())) or "none"
        raise UsageError(f"{parent.folder}: was built without the probe `{probe}`; expected one that it has: {there}")
    return found.filter(probe=probe)


def read_tokens(parent: Parent) -> pl.DataFrame:
    """Completion tokens of each row, by `id`: those that the server counted, by the share of the text that is left."""
    said = pl.col("completion").list.first().struct.field("content").str.len_chars()
    rows = pl.scan_parquet(parent.shards_of(TRAIN)).select("id", left=said)
    raw = pl.col("reasoning").str.len_chars() + pl.col("content").str.len_chars()
    samples = pl.scan_parquet(parent.folder / "lineage.parquet").filter("kept")
    counted = samples.select("completion_tokens", id=pl.format("{}/{}", "problem_id", "slot"), raw=raw.clip(1))
    share = (pl.col("left") / pl.col("raw")).clip(0, 1)
    tokens = (pl.col("completion_tokens").fill_null(0) * share).ceil().cast(pl.Int64)
    return rows.join(counted, on="id", how="left").select("id", tokens=tokens).collect(engine="streaming")


def read_split(parent: Parent, split: str, *, with_pictures: bool = True) -> Iterator[Row]:
    """The rows of a split as they stand; pictures by their names alone, or with their bytes."""
    for shard in parent.shards_of(split):
        file = pq.ParquetFile(shard)
        columns = None if with_pictures else [*_names(file), "images.list.element.path"]
        for batch in file.iter_batches(batch_size=64, columns=columns):
            yield from map(_make_row, batch.to_pylist())


def take_rows(
    parents: Sequence[Parent], taken: Sequence[frozenset[str]], *, with_pictures: bool = True
) -> Iterator[Row]:
    """The rows whose ids are taken from each parent, in the order (source, problem_id, slot) of all of them.

    Each names the version that it came from as its last parent.
    """
    streams = [_take_from(parent, ids, with_pictures=with_pictures) for parent, ids in zip(parents, taken, strict=True)]
    yield from heapq.merge(*streams, key=_order)


def _take_from(parent: Parent, ids: frozenset[str], *, with_pictures: bool) -> Iterator[Row]:
    for row in read_split(parent, TRAIN, with_pictures=with_pictures):
        if row.values["id"] in ids:
            parents = [*row.values["parents"], parent.manifest.version]
            yield Row(values=row.values | {"parents": parents}, images=row.images)


def _order(row: Row) -> tuple[str, str, int]:
    slot = row.values["id"].rpartition("/")[2] if "/" in row.values["id"] else "0"
    return row.values["source"], row.values["problem_id"], int(slot)


def _names(file: pq.ParquetFile) -> list[str]:
    return [name for name in file.schema_arrow.names if name != "images"]


def _make_row(found: dict[str, Any]) -> Row:
    pictures = tuple(Embedded(name=image["path"], data=image.get("bytes") or b"") for image in found["images"])
    return Row(values={name: value for name, value in found.items() if name != "images"}, images=pictures)
