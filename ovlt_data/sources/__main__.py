"""`python -m ovlt_data.sources FOLDER`: write docs/sources.md, what the readers make of sample files in FOLDER.

Its table says nothing but what was read here: which layout, how many problems, what was rejected, which pictures.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ovlt_data import images
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import SOURCES, read_source
from ovlt_data.types import Problem, Unusable


class Trial(NamedTuple):
    """One layout of a source, by its path among the samples."""

    source: str
    path: str
    split: str | None = None
    config: str | None = None


TRIALS = (
    Trial("geometry3k", "geometry3k/geometry3k"),
    Trial("tabmwp", "tabmwp/tabmwp", "dev1k"),
    Trial("tabmwp", "tabmwp/tabmwp", "test1k"),
    Trial("ai2d", "ai2d/ai2d"),
    Trial("clevr", "clevr/CLEVR_new", "new"),
    Trial("iconqa", "iconqa/iconqa", "examples"),
    Trial("scienceqa", "scienceqa/scienceqa"),
    Trial("superclevr", "superclevr", config="5"),
    Trial("vizwiz", "vizwiz", "val"),
    Trial("mathvista", "mathvista"),
    Trial("mathvista", "mathvista/testmini_text_only_rows_image_missing.json"),
    Trial("mathverse", "mathverse/testmini_rebuilt_from_site.json"),
    Trial("mathverse", "mathverse", "testmini_text_only"),
    Trial("mathvision", "mathvision", "testmini"),
    Trial("mathvision", "mathvision", "test"),
)

INTRODUCTION = """# Sources, as tried

Made by `python -m ovlt_data.sources FOLDER` from samples of the real datasets, which are not part of this project.
Each row is one layout that was read; Hub copies were not tried, since no network was used.

| source | samples | split | problems | rejected | answer types | pictures, pixels |
|---|---|---|---|---|---|---|"""
TERMS = """## Terms and sizes, as their publishers state them
"""


def main(samples: Path) -> str:
    """The page."""
    with TemporaryDirectory() as kept:
        rows = [_row(trial, _read(trial, samples, Path(kept))) for trial in TRIALS if (samples / trial.path).exists()]
    terms = [f"- **{name}**: {source.licence}. {source.size or 'any size'}." for name, source in SOURCES.items()]
    return "\n".join([INTRODUCTION, *rows, "", TERMS, *terms, ""])


def _read(trial: Trial, samples: Path, kept: Path) -> Sequence[Problem | Unusable]:
    spec = SourceSpec(source=trial.source, path=str(samples / trial.path), split=trial.split, config=trial.config)
    return list(read_source(spec, images_folder=kept, seed=0))


def _row(trial: Trial, rows: Sequence[Problem | Unusable]) -> str:
    problems = [row for row in rows if isinstance(row, Problem)]
    rejected = Counter(row.reason for row in rows if isinstance(row, Unusable))
    types = Counter(problem.answer_type for problem in problems)
    sizes = sorted(images.measure(image) for problem in problems for image in problem.images)
    cells = [trial.source, f"`{trial.path}`", trial.split or "", f"{len(problems):,}", _count(rejected), _count(types)]
    return f"| {' | '.join([*cells, _range(sizes)])} |"


def _count(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counted.most_common()) or "none"


def _range(sizes: Sequence[tuple[int, int]]) -> str:
    if not sizes:
        return "none"
    (w1, h1), (w2, h2) = (pick(sizes, key=lambda size: size[0] * size[1]) for pick in (min, max))
    return f"{w1}×{h1} to {w2}×{h2}"


if __name__ == "__main__":
    page = Path("docs/sources.md")
    page.write_text(main(Path(sys.argv[1])), encoding="utf-8")
    print(page)
