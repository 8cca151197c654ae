"""Problems to look at: some kept, some rejected for each reason, some failed. Ids are hashes, so the first are any."""

import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct

from ovlt_data import images
from ovlt_data.errors import BadImage
from ovlt_data.report.material import Material

KEPT, PER_REASON, REASONS = 16, 4, 8
"""How many kept problems, and how many of each of the most frequent ways not to be."""
THUMBNAIL_PIXELS = 90_000

Row = dict[str, Any]


class Example(Struct, frozen=True, kw_only=True):
    problem: Row
    choices: list[tuple[str, str, bool]]
    """Letter, text, and whether it is the gold."""
    pictures: list[str]
    """Data URLs."""
    samples: list[Row]
    completions: list[str]
    """What the student is to say."""


class Group(Struct, frozen=True):
    """Problems with one fate for one reason."""

    fate: str
    why: str
    n: int
    examples: list[Example]


def choose_examples(material: Material) -> list[Group]:
    """Kept problems first, then the others by how many they are."""
    problems = material.problems.with_columns(pl.col("why").fill_null("")).sort("problem_id")
    parts = problems.partition_by("fate", "why", as_dict=True, maintain_order=True)
    ranked = sorted(parts.items(), key=lambda part: (part[0][0] != "kept", -part[1].height, part[0]))[: 1 + REASONS]
    shown = [
        (str(fate), str(why), part.height, part.head(KEPT if fate == "kept" else PER_REASON))
        for (fate, why), part in ranked
    ]
    ids = [problem_id for *_, part in shown for problem_id in part["problem_id"]]
    samples = _by_problem(material.samples.filter(pl.col("problem_id").is_in(ids)).sort("slot"))
    built = _by_problem(_read_built(material, ids))
    return [
        Group(fate, why, n, [_make_example(problem, samples, built) for problem in part.to_dicts()])
        for fate, why, n, part in shown
    ]


def _by_problem(table: pl.DataFrame) -> dict[str, list[Row]]:
    return {str(key): part.to_dicts() for (key,), part in table.partition_by("problem_id", as_dict=True).items()}


def _read_built(material: Material, ids: Iterable[str]) -> pl.DataFrame:
    """Rows of the dataset version; their pictures only where the run's own files are not at hand."""
    if material.version is None:
        return pl.DataFrame(schema={"problem_id": pl.String})
    table = pl.scan_parquet(material.version / "data" / "*.parquet")
    wanted = {"problem_id", "completion"} | ({"images"} if "image_paths" not in material.problems.columns else set())
    columns = [column for column in table.collect_schema().names() if column in wanted]
    return table.select(columns).filter(pl.col("problem_id").is_in(list(ids))).collect()


def _make_example(problem: Row, samples: Mapping[str, list[Row]], built: Mapping[str, list[Row]]) -> Example:
    rows = built.get(problem["problem_id"], [])
    return Example(
        problem=problem,
        choices=[
            (letter, choice, problem["answer"] in {letter, choice})
            for letter, choice in zip(string.ascii_uppercase, problem["choices"], strict=False)
        ],
        pictures=_show_pictures(problem, rows),
        samples=samples.get(problem["problem_id"], []),
        completions=[row["completion"][0]["content"] for row in rows if "completion" in row],
    )


def _show_pictures(problem: Row, rows: list[Row]) -> list[str]:
    if "image_paths" in problem:
        found = [(path, _read(Path(path))) for path in problem["image_paths"]]
    else:
        found = [(image["path"], image["bytes"]) for row in rows[:1] for image in row["images"]]
    return [url for path, data in found if (url := _thumbnail(data, Path(path).name))]


def _read(path: Path) -> bytes:
    """Empty for a file that is gone since: a report of what was is still worth having."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _thumbnail(data: bytes, name: str) -> str | None:
    try:
        return images.data_url(images.prepare(data, name=name, max_pixels=THUMBNAIL_PIXELS))
    except BadImage:
        return None
