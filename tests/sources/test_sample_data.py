"""The readers on samples of the real datasets, which OVLT_SAMPLES names and which are not part of the project."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.answers import grade
from ovlt_data.images import load, prepare
from ovlt_data.types import Problem, Unusable

SAMPLES = Path(os.environ.get("OVLT_SAMPLES", "/nowhere"))

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="OVLT_SAMPLES names no folder with samples: the real datasets are NOT tested"
)

Read = Callable[..., Sequence[Problem | Unusable]]
Problems = Callable[..., Sequence[Problem]]


def check_pictures_and_golds(problems: Sequence[Problem]) -> None:
    for problem in problems:
        assert [prepare(load(image), name=image.path).width > 0 for image in problem.images] == [True]
        words = [problem.answer, *(problem.choices["ABCDEFGH".index(problem.answer)] for _ in problem.choices[:1])]
        for word in words:
            verdict = grade(
                f"<think>…</think><answer>{word}</answer>",
                problem.answer,
                answer_type=problem.answer_type,
                choices=problem.choices,
                unit=problem.unit,
                precision=problem.precision,
            )
            assert (problem.origin, verdict.status) == (problem.origin, "correct")


def test_geometry3k(problems: Problems) -> None:
    folder = SAMPLES / "geometry3k" / "geometry3k"
    found = problems("geometry3k", path=str(folder))
    assert len(found) == len(list(folder.glob("train/*/img_diagram.png"))) > 0
    for problem in found:
        row = json.loads((folder / "train" / problem.origin / "data.json").read_text())
        assert (problem.answer, list(problem.choices)) == (row["answer"], row["choices"])
    check_pictures_and_golds(found)


@pytest.mark.parametrize("split", ["train", "val"])
def test_geometry3k_rows_without_figure_all_fail(read: Read, split: str) -> None:
    folder = SAMPLES / "geometry3k" / "geometry3k_rerendered"
    rows = read("geometry3k", path=str(folder), split=split)
    assert len(rows) == len(list((folder / split).glob("*/data.json"))) > 0
    assert {row.reason for row in rows if isinstance(row, Unusable)} == {"bad_image"}
    assert not [row for row in rows if isinstance(row, Problem)]


@pytest.mark.parametrize("split", ["dev1k", "test1k"])
def test_tabmwp(problems: Problems, split: str) -> None:
    folder = SAMPLES / "tabmwp" / "tabmwp"
    found = {problem.origin: problem for problem in problems("tabmwp", path=str(folder), split=split)}
    rows = json.loads((folder / f"problems_{split}.json").read_text())
    assert list(found) == list(rows)
    for origin, row in rows.items():
        problem = found[origin]
        if row["choices"]:
            assert row["choices"]["ABCDEFGH".index(problem.answer)] == row["answer"]
        else:
            assert problem.answer == row["answer"].replace(",", "")
        assert problem.unit == (row["unit"] or "")
    check_pictures_and_golds(list(found.values()))


def test_mathvista(problems: Problems) -> None:
    found = {problem.origin: problem for problem in problems("mathvista", path=str(SAMPLES / "mathvista"))}
    rows = json.loads((SAMPLES / "mathvista" / "testmini.json").read_text())
    assert list(found) == list(rows)
    for origin, row in rows.items():
        problem = found[origin]
        gold = row["choices"]["ABCDEFGH".index(problem.answer)] if row["choices"] else problem.answer
        assert (gold, problem.precision) == (row["answer"], row["precision"])
    check_pictures_and_golds(list(found.values()))


def test_mathvista_rows_without_picture_all_fail(read: Read) -> None:
    file = SAMPLES / "mathvista" / "testmini_text_only_rows_image_missing.json"
    rows = read("mathvista", path=str(file))
    assert len(rows) == len(json.loads(file.read_text())) > 0
    assert {row.reason for row in rows if isinstance(row, Unusable)} == {"bad_image"}
    assert not [row for row in rows if isinstance(row, Problem)]


def test_mathverse(problems: Problems) -> None:
    file = SAMPLES / "mathverse" / "testmini_rebuilt_from_site.json"
    found = problems("mathverse", path=str(file))
    rows = json.loads(file.read_text())
    versions = [(problem.origin, problem.categories[0]) for problem in found]
    assert versions == [(row["problem_index"], f"version: {row['problem_version']}") for row in rows]
    golds = [row["answer"].replace("\n", ", ") for row in rows]
    assert [problem.answer for problem in found] == golds
    assert [len(problem.choices) for problem in found if problem.origin == "527"] == [6] * 5
    check_pictures_and_golds(found)


def test_mathverse_text_only(problems: Problems) -> None:
    folder = SAMPLES / "mathverse"
    found = problems("mathverse", path=str(folder), split="testmini_text_only")
    assert len(found) == len(json.loads((folder / "testmini_text_only.json").read_text())) > 0
    assert not [problem for problem in found if problem.images]


@pytest.mark.parametrize("split", ["test", "testmini"])
def test_mathvision(problems: Problems, split: str) -> None:
    folder = SAMPLES / "mathvision"
    found = problems("mathvision", path=str(folder), split=split)
    rows = [json.loads(line) for line in (folder / "data" / f"{split}.jsonl").read_text().splitlines()]
    expected = [(row["id"], row["answer"], tuple(row["options"])) for row in rows]
    assert [(problem.origin, problem.answer, problem.choices) for problem in found] == expected
    check_pictures_and_golds(found)


def test_all_sample_pictures_can_be_sent() -> None:
    pictures = [file for file in SAMPLES.rglob("*") if file.suffix in (".png", ".jpg")]
    assert pictures
    for file in pictures:
        prepared = prepare(file.read_bytes(), name=str(file), max_pixels=50_000)
        assert 0 < prepared.width * prepared.height <= 50_000
