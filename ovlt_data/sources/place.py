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
