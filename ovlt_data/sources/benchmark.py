"""What the readers of benchmarks share: rows from their official files or from the Hub, and where these stand."""

import glob
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import hub
from ovlt_data.sources.draft import Draft, draft_or_unusable
from ovlt_data.sources.place import local_path
from ovlt_data.sources.rows import Row, find_files, read_rows
from ovlt_data.types import Unusable

SPLIT = "testmini"
SUFFIXES = (".parquet", ".json", ".jsonl")
T = TypeVar("T")


def read_benchmark(
    spec: SourceSpec, draft: Callable[[Path | None, Row], Draft], *, layout: str, name: str
) -> Iterator[Draft | Unusable]:
    """A draft of each row, called by its field `name`; of the split `testmini` unless the recipe says otherwise."""
    spec = spec if spec.split else spec.model_copy(update={"split": SPLIT})
    rows, folder = _open(spec, layout)
    for row in rows:
        origin = str(row.values.get(name) or row.where)
        yield draft_or_unusable(partial(draft, folder), row, source=spec.source, origin=origin)


def name_categories(categories: Mapping[str, object]) -> tuple[str, ...]:
    """As `task: geometry`; without those that a row leaves empty."""
    return tuple(f"{name}: {value}" for name, value in categories.items() if value)


def name_picture(name: str, folder: Path | None) -> tuple[str, ...]:
    """As the row names it; in copies that were saved anew, the one that differs in its ending alone."""
    if folder is None or not name or (folder / name).is_file():
        return (name,) if name else ()
    path = Path(name)
    beside = sorted((folder / "images").glob(f"{glob.escape(path.stem)}.*"))
    return (f"images/{beside[0].name}",) if beside else (name,)


def _open(spec: SourceSpec, layout: str) -> tuple[Iterator[Row], Path | None]:
    if hub.is_hub_id(spec):
        return hub.read_rows(spec), None
    path = local_path(spec, expected=f"a Hub id, or {layout}")
    folder = path if path.is_dir() else path.parent
    rows = read_rows(find_files(spec, path, suffixes=SUFFIXES))
    return rows, folder.parent if folder.name == "data" else folder
