"""Rows of a dataset on the Hub, pictures undecoded.

They are streamed, so that the first one is there at once; only a sample, which looks at all rows twice, is worth a
download, and that stays in the cache for the next run. With `streaming: true` a sample is streamed too, all rows twice.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import httpx2

from ovlt_data.errors import EnvironmentStop, UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.recipe.place import HUB_ID
from ovlt_data.sources.draft import Draft, draft_or_unusable
from ovlt_data.sources.place import local_path
from ovlt_data.sources.rows import Row, find_files
from ovlt_data.sources.rows import read_rows as read_files
from ovlt_data.types import Unusable


def is_hub_id(spec: SourceSpec) -> bool:
    """A path is local if it exists, else a Hub id."""
    return spec.path is not None and HUB_ID.fullmatch(spec.path) is not None and not Path(spec.path).exists()


def find_commit(spec: SourceSpec) -> str | None:
    """The commit of a Hub dataset that its rows are read from; None where the Hub can't be asked."""
    return _ask_commit(str(spec.path), spec.revision) if is_hub_id(spec) else None


def is_copy(spec: SourceSpec) -> bool:
    """Whether `path` is a Hub id, or Parquet on disk as the Hub lays it out: no official layout has any."""
    if spec.path is None or is_hub_id(spec):
        return spec.path is not None
    path = Path(spec.path)
    found = chain.from_iterable(path.glob(pattern) for pattern in ("*.parquet", "*/*.parquet", "*/*/*.parquet"))
    return path.suffix == ".parquet" or next(found, None) is not None


def open_rows(spec: SourceSpec, *, layout: str) -> tuple[Iterator[Row], Path | None]:
    """Rows from the Hub or from its files on disk, with the folder in which these name pictures."""
    if is_hub_id(spec):
        return read_rows(spec), None
    path = local_path(spec, expected=f"a Hub id, or {layout}")
    rows = read_files(find_files(spec, path, suffixes=(".parquet",)))
    return rows, path if path.is_dir() else path.parent


def read_copy(
    spec: SourceSpec, draft: Callable[[Path | None, Row], Draft], *, layout: str
) -> Iterator[Draft | Unusable]:
    """A draft of each row of a Hub copy."""
    rows, folder = open_rows(spec, layout=layout)
    for row in rows:
        yield draft_or_unusable(partial(draft, folder), row, source=spec.source, origin=row.where)


def read_rows(spec: SourceSpec) -> Iterator[Row]:
    try:
        for number, values in enumerate(_load(spec), 1):
            yield Row(f"row {number}", values)
    except (ConnectionError, httpx2.HTTPError) as error:
        raise EnvironmentStop(
            f"source {spec.source}: can't read {spec.path} from the Hub: {error}; "
            "check the network and HF_TOKEN, then start the same command again"
        ) from error


@cache
def _ask_commit(path: str, revision: str | None) -> str | None:
    """Asked once, so that all passes read the same rows. A dataset that is not there is `_load`'s affair."""
    from huggingface_hub import HfApi  # takes half a second, and only the Hub needs it

    try:
        return HfApi().dataset_info(path, revision=revision, timeout=30).sha
    except (ConnectionError, httpx2.HTTPError):
        return None


def _load(spec: SourceSpec) -> Any:
    from datasets import Image, List, load_dataset  # takes over a second, and only the Hub needs it
    from datasets.exceptions import DatasetsError

    try:
        rows = load_dataset(
            str(spec.path),
            spec.config,
            split=spec.split or "train",
            revision=find_commit(spec) or spec.revision,
            streaming=spec.sample is None if spec.streaming is None else spec.streaming,
        )
    except (DatasetsError, FileNotFoundError, ValueError) as error:
        raise UsageError(
            f"source {spec.source}: the Hub has no such dataset, config, split or revision "
            f"({spec.path}, {spec.config}, {spec.split or 'train'}, {spec.revision}): {error}"
        ) from error
    for name, feature in (rows.features or {}).items():
        if isinstance(feature, Image):
            rows = rows.cast_column(name, Image(decode=False))
        elif isinstance(feature, List) and isinstance(feature.feature, Image):
            rows = rows.cast_column(name, List(Image(decode=False)))
    return rows
