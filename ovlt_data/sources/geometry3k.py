"""Geometry3K as InterGPS publishes it: a folder for each split, in it a folder for each problem.

    train/11/data.json           text, four choices, the right one's letter
    train/11/img_diagram.png     the figure

`path` may also be the folder of one split.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.place import local_path, natural_order, wrong_layout
from ovlt_data.sources.rows import decode
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "{train,val,test}/<id>/{data.json,img_diagram.png}"


class _Row(Struct, frozen=True):
    problem_text: str
    choices: tuple[str, ...]
    answer: str = ""
    unit: str = ""


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    split = _find_split(spec)
    problems = sorted((folder for folder in split.iterdir() if folder.is_dir()), key=natural_order)
    for folder in problems:
        yield draft_or_unusable(_draft, folder, source=spec.source, origin=folder.name)


def _find_split(spec: SourceSpec) -> Path:
    path = local_path(spec, expected=f"a folder with {LAYOUT}")
    split = path / (spec.split or "train")
    if split.is_dir():
        return split
    if spec.split in (None, path.name) and any(path.glob("*/data.json")):
        return path
    there = ", ".join(sorted(folder.name for folder in path.glob("*/"))[:20]) or "none"
    raise wrong_layout(spec, path, expected=f"the split {split.name} of {LAYOUT}; folders there: {there}")


def _draft(folder: Path) -> Draft:
    file = folder / "data.json"
    if not file.is_file():
        raise Unfit("bad_row", f"{file}: no such file")
    row = decode(file.read_bytes(), to=_Row, where=str(file))
    return Draft(
        origin=folder.name,
        question=row.problem_text,
        answer=row.answer,
        choices=row.choices,
        unit=row.unit,
        images=(f"{folder.name}/img_diagram.png",),
        folder=folder.parent,
    )


SOURCE = Source(
    read=read,
    about="plane geometry with a figure and four choices (Lu et al. 2021, Inter-GPS)",
    licence="MIT",
    homepage="https://github.com/lupantech/InterGPS",
    layout=LAYOUT,
    citation="Lu et al., Inter-GPS: Interpretable Geometry Problem Solving with Formal Language and Symbolic "
    "Reasoning, ACL 2021, arXiv 2105.04165",
    size="3,002 problems: train 2,101, val 300, test 601",
    answer_types=("choice", "auto"),
)
