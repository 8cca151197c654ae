"""Rows of a dataset on the Hub, pictures undecoded.

They are streamed, so that the first one is there at once; only a sample, which looks at all rows twice, is worth a
download, and that stays in the cache for the next run.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from ovlt_data.errors import EnvironmentStop, UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.recipe.place import HUB_ID
from ovlt_data.sources.rows import Row


def is_hub_id(spec: SourceSpec) -> bool:
    """A path is local if it exists, else a Hub id."""
    return spec.path is not None and HUB_ID.fullmatch(spec.path) is not None and not Path(spec.path).exists()


def read_rows(spec: SourceSpec) -> Iterator[Row]:
    try:
        for number, values in enumerate(_load(spec), 1):
            yield Row(f"row {number}", values)
    except (ConnectionError, httpx.HTTPError) as error:
        raise EnvironmentStop(
            f"source {spec.source}: can't read {spec.path} from the Hub: {error}; "
            "check the network and HF_TOKEN, then start the same command again"
        ) from error


def _load(spec: SourceSpec) -> Any:
    from datasets import Image, load_dataset  # takes over a second, and only the Hub needs it
    from datasets.exceptions import DatasetsError

    try:
        rows = load_dataset(
            str(spec.path),
            spec.config,
            split=spec.split or "train",
            revision=spec.revision,
            streaming=spec.sample is None,
        )
    except (DatasetsError, FileNotFoundError, ValueError) as error:
        raise UsageError(
            f"source {spec.source}: the Hub has no such dataset, config, split or revision "
            f"({spec.path}, {spec.config}, {spec.split or 'train'}, {spec.revision}): {error}"
        ) from error
    for name, feature in (rows.features or {}).items():
        if isinstance(feature, Image):
            rows = rows.cast_column(name, Image(decode=False))
    return rows
