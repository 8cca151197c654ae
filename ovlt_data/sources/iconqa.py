"""IconQA as its makers publish it: a folder for each split and kind of question, in it a folder for each problem.

    train/choose_txt/399/data.json      {question, choices, answer: index from 0, ques_type}
    train/fill_in_blank/779/data.json   {question, answer: text, ques_type}
    train/*/<id>/image.png

Choices of `choose_img` are pictures, which no letter in the text stands for: these are no problems for us.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.place import find_split, natural_order
from ovlt_data.sources.rows import decode
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "{train,val,test}/{choose_txt,choose_img,fill_in_blank}/<id>/{data.json,image.png}"


class _Row(Struct, frozen=True):
    question: str
    answer: int | str | None = None
    choices: tuple[str, ...] | None = None
    ques_type: str = ""


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    split = find_split(spec, default="train", holds="*/*/data.json", layout=LAYOUT)
    for kind in sorted(folder for folder in split.iterdir() if folder.is_dir()):
        for folder in sorted((folder for folder in kind.iterdir() if folder.is_dir()), key=natural_order):
            origin = f"{kind.name}/{folder.name}"
            make = partial(_draft, split=split)
            yield draft_or_unusable(make, folder, source=spec.source, origin=origin)


def _draft(folder: Path, *, split: Path) -> Draft:
    file, origin = folder / "data.json", f"{folder.parent.name}/{folder.name}"
    if not file.is_file():
        raise Unfit("bad_row", f"{file}: no such file")
    row = decode(file.read_bytes(), to=_Row, where=str(file))
    choices = row.choices or ()
    if row.ques_type == "choose_img":
        raise Unfit("choices_are_pictures", f"one of {len(choices)} pictures is to be chosen")
    return Draft(
        origin=origin,
        question=row.question,
        answer="" if row.answer is None else row.answer if choices else str(row.answer),
        choices=choices,
        images=(f"{origin}/image.png",),
        folder=split,
    )


SOURCE = Source(
    read=read,
    about="children's questions about icons: choices, numbers, blanks (Lu et al. 2021)",
    licence="CC BY-NC-SA 4.0",
    citation="Lu et al., IconQA: A New Benchmark for Abstract Diagram Understanding and Visual Language Reasoning, "
    "NeurIPS 2021, arXiv 2110.13214",
    size="107,439 problems: choose_txt 31,578, choose_img 57,672 (not read), fill_in_blank 18,189",
    answer_types=("choice", "auto"),
    homepage="https://iconqa.github.io",
    layout=LAYOUT,
)
