"""Small sources of our own, in the layouts that others publish."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import read_source
from ovlt_data.types import Problem, Unusable

Row = Problem | Unusable


@pytest.fixture
def draw() -> Callable[[str], bytes]:
    """A small PNG in one colour: another picture for each colour."""

    def drawn(colour: str) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (6, 4), colour).save(file, "PNG")
        return file.getvalue()

    return drawn


@pytest.fixture
def layout(tmp_path: Path, draw: Callable[[str], bytes]) -> Callable[[dict[str, object]], Path]:
    """A folder with these files: a picture where a colour is given, else JSON."""

    def written(files: dict[str, object]) -> Path:
        for name, content in files.items():
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            is_picture = path.suffix in (".png", ".jpg")
            path.write_bytes(draw(str(content)) if is_picture else json.dumps(content).encode())
        return tmp_path / "data"

    return written


@pytest.fixture
def reasons(read: Callable[..., Sequence[Row]]) -> Callable[..., dict[str, str]]:
    """Why rows are no problems, by their origin."""

    def found(source: str, **fields: object) -> dict[str, str]:
        return {row.origin: row.reason for row in read(source, **fields) if isinstance(row, Unusable)}

    return found


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Sequence[Row]]:
    """All rows of the source with these fields."""

    def rows(source: str, *, limit: int | None = None, seed: int = 0, **fields: object) -> Sequence[Row]:
        spec = SourceSpec.model_validate({"source": source, **fields})
        return list(read_source(spec, images_folder=tmp_path / "kept", seed=seed, limit=limit))

    return rows


@pytest.fixture
def problems(read: Callable[..., Sequence[Row]]) -> Callable[..., Sequence[Problem]]:
    """The same where every row is to be a problem."""

    def rows(source: str, **fields: object) -> Sequence[Problem]:
        found = read(source, **fields)
        unusable = [row for row in found if isinstance(row, Unusable)]
        assert not unusable
        return [row for row in found if isinstance(row, Problem)]

    return rows
