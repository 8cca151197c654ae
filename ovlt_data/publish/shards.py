"""Rows into Parquet shards with their pictures' bytes inside, a few at a time."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features
from msgspec import Struct

from ovlt_data import images
from ovlt_data.errors import BadImage, EnvironmentStop
from ovlt_data.publish.rows import Embedded, Row, Splits
from ovlt_data.types import Image

SHARD_BYTES = 1 << 30
GROUP_BYTES = 32 << 20
"""Of a row group: what is in memory at once, here and for whoever reads the shard."""


class Shard(Struct, frozen=True):
    name: str
    rows: int
    bytes: int


def write_shards(
    rows: Iterable[Row], folder: Path, features: Features, *, split: str = "train", size: int = SHARD_BYTES
) -> list[Shard]:
    """Write `train-00000-of-0000N.parquet` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[Path] = []
    for rows_of_shard in _cut(map(_embed, rows), size):
        parts.append(folder / f"{len(parts)}.parquet")
        with _open_writer(parts[-1], features) as writer:
            for group in _cut(rows_of_shard, GROUP_BYTES):
                writer.write_table(pa.Table.from_pylist(list(group), schema=features.arrow_schema))
    return [_name_shard(part, split, number, of=len(parts)) for number, part in enumerate(parts)]


def _open_writer(path: Path, features: Features) -> pq.ParquetWriter:
    """Pages end where the content says so: of a version with a few more rows, the Hub takes only pages that differ."""
    return pq.ParquetWriter(path, features.arrow_schema, compression="zstd", use_content_defined_chunking=True)


def write_splits(splits: Splits, folder: Path, features: Features) -> list[Shard]:
    return [shard for split, make in splits.items() for shard in write_shards(make(), folder, features, split=split)]


def _cut(rows: Iterable[dict[str, Any]], size: int) -> Iterator[Iterator[dict[str, Any]]]:
    """Consecutive rows in groups of about `size` bytes, each to be used up before the next."""
    for _, numbered in groupby(_number(rows, size), key=itemgetter(0)):
        yield (row for _, row in numbered)


def _number(rows: Iterable[dict[str, Any]], size: int) -> Iterator[tuple[int, dict[str, Any]]]:
    before = 0
    for row in rows:
        yield before // size, row
        before += _weigh(row)


def _weigh(row: dict[str, Any]) -> int:
    """About how much a row takes: its pictures, and its longest text twice over."""
    said = sum(len(message["content"]) for message in [*row["prompt"], *row.get("completion", ())])
    return sum(len(image["bytes"]) for image in row["images"]) + 2 * said + 1000


def _embed(row: Row) -> dict[str, Any]:
    return row.values | {"images": [_read_image(image) for image in row.images]}


def _read_image(image: Image | Embedded) -> dict[str, object]:
    if isinstance(image, Embedded):
        return {"bytes": image.data, "path": image.name}
    try:
        data = images.load(image)
    except BadImage as error:
        raise EnvironmentStop(
            f"{error}\nThe dataset must hold the picture that the models saw: put it back, or run the recipe again"
        ) from error
    return {"bytes": data, "path": image.sha256 + Path(image.path).suffix.lower()}


def _name_shard(part: Path, split: str, number: int, *, of: int) -> Shard:
    path = part.rename(part.with_name(f"{split}-{number:05}-of-{of:05}.parquet"))
    return Shard(path.name, pq.read_metadata(path).num_rows, path.stat().st_size)
