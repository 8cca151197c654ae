"""Super-CLEVR as its makers publish it: one file of questions beside the folder of pictures.

    superCLEVR_questions_30k.json       {"questions": [{image_filename, question, answer, split, …}]}
    images/superCLEVR_new_000000.png

Answers are booleans, whole numbers or texts. Where a folder has several files of questions, `config` names the end of
one (`part_5`); `path` may also be the file. With `split`, only the rows that say so.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.clevr import Question, Questions, draft_question
from ovlt_data.sources.draft import Draft, Unfit, draft_or_unusable
from ovlt_data.sources.place import local_path, wrong_layout
from ovlt_data.sources.rows import decode, decode_file
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "superCLEVR_questions_<config>.json and images/<image_filename>"


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    file = _find_questions(spec)
    for number, data in enumerate(decode_file(file, to=Questions, expected="Super-CLEVR's questions").questions):
        if spec.split and not _is_of_split(data, spec.split):
            continue
        make = partial(draft_question, origin=str(number), pictures="images", folder=file.parent)
        yield draft_or_unusable(make, data, source=spec.source, origin=str(number))


def _find_questions(spec: SourceSpec) -> Path:
    path = local_path(spec, expected=f"a folder with {LAYOUT}, or its file of questions")
    if path.is_file():
        return path
    files = sorted(path.glob(f"superCLEVR_questions_{spec.config or '*'}.json"))
    if len(files) == 1:
        return files[0]
    there = ", ".join(sorted(file.name for file in path.glob("*.json"))) or "none"
    raise wrong_layout(spec, path, expected=f"one file {LAYOUT}, named by `config`; files there: {there}")


def _is_of_split(data: bytes, split: str) -> bool:
    """Broken rows belong to every split, so that they are reported."""
    try:
        return decode(data, to=Question, where="").split == split
    except Unfit:
        return True


SOURCE = Source(
    read=read,
    about="CLEVR's questions about rendered vehicles and their parts (Li et al. 2023)",
    licence="CC BY 4.0 as its file of questions says; the repository BSD",
    citation="Li et al., Super-CLEVR: A Virtual Benchmark to Diagnose Domain Robustness in Visual Reasoning, "
    "CVPR 2023, arXiv 2212.00259",
    size="30,000 pictures with 10 questions each",
    answer_types=("yes_no", "integer", "text"),
    homepage="https://github.com/Lizw14/Super-CLEVR",
    layout=LAYOUT,
)
