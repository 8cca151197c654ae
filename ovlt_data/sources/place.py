"""Where a source stands, and the messages for when it doesn't."""

from pathlib import Path

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec


def local_path(spec: SourceSpec, *, expected: str) -> Path:
    """The file or folder that the recipe names."""
    if spec.path is None:
        raise UsageError(f"source {spec.source}: has no `path`; expected {expected}")
    path = Path(spec.path)
    if not path.exists():
        raise UsageError(f"source {spec.source}: {path}: no such file or folder; expected {expected}")
    return path


def wrong_layout(spec: SourceSpec, path: Path, *, expected: str) -> UsageError:
    return UsageError(f"source {spec.source}: {path}: expected {expected}")


def natural_order(path: Path) -> tuple[int, str]:
    """Numbered files and folders by their number."""
    return len(path.stem), path.stem


def find_split(spec: SourceSpec, *, default: str, holds: str, layout: str) -> Path:
    """The folder of the recipe's split: inside `path`, or `path` itself. It has something that fits `holds`."""
    path = local_path(spec, expected=f"a folder with {layout}")
    split = path / (spec.split or default)
    if split.is_dir():
        return split
    if spec.split in (None, path.name) and any(path.glob(holds)):
        return path
    there = ", ".join(sorted(folder.name for folder in path.glob("*/"))[:20]) or "none"
    raise wrong_layout(spec, path, expected=f"the split {split.name} of {layout}; folders there: {there}")
