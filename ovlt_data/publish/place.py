"""Where versions stand: each in a folder that appears whole, under a name that its rows determine, and never changes.

It is written beside its place and renamed when its manifest is in it; so what is killed half-way leaves no version,
and a version that is there already is left alone.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from ovlt_data.publish.manifest import MANIFEST


class Version(Struct, frozen=True):
    id: str
    path: Path
    rows: int
    new: bool
    """False where the same rows had been built before."""


def place_version(folder: Path, version: str, *, rows: int, write: Callable[[Path], None]) -> Version:
    """Let `write` fill the folder of a version that is not there yet, and `dataset` in `folder` point to it."""
    path = folder / "versions" / version
    is_new = not (path / MANIFEST).exists()
    if is_new:
        place = _make_place(path)
        write(place)
        shutil.rmtree(path, ignore_errors=True)  # has no manifest, so it is no version
        place.rename(path)
    _point(folder / "dataset", path)
    return Version(version, path, rows, is_new)


def _make_place(path: Path) -> Path:
    """An empty folder beside a version's; whatever killed builds left there goes."""
    for left in path.parent.glob(".*.unfinished"):
        shutil.rmtree(left)
    place = path.with_name(f".{path.name}.unfinished")
    place.mkdir(parents=True)
    return place


def _point(link: Path, path: Path) -> None:
    """Switch the link in one step: whoever follows it finds the old version or the new one."""
    fresh = link.with_name(f".{link.name}.unfinished")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(path, link.parent), target_is_directory=True)
    fresh.replace(link)
