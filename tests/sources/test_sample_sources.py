"""Nine readers on samples of the real datasets, counted a second way: by the files themselves, with nothing of ours."""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ovlt_data.answers import grade
from ovlt_data.images import load, prepare
from ovlt_data.types import Problem, Unusable

SAMPLES = Path(os.environ.get("OVLT_SAMPLES", "/nowhere"))

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="OVLT_SAMPLES names no folder with samples: the real datasets are NOT tested"
)

Tally = Callable[..., tuple[list[Problem], Counter[str]]]


@pytest.fixture
def tally(read: Callable[..., Sequence[Problem | Unusable]]) -> Tally:
    """The problems, of which each picture can be sent and each gold passes its own grader; why others are none."""

    def counted(source: str, folder: str, **fields: object) -> tuple[list[Problem], Counter[str]]:
        rows = read(source, path=str(SAMPLES / folder), **fields)
        problems = [row for row in rows if isinstance(row, Problem)]
        for problem in problems:
            check(problem)
        return problems, Counter(row.reason for row in rows if isinstance(row, Unusable))

    return counted


def check(problem: Problem) -> None:
    for image in problem.images:
        assert prepare(load(image), name=image.path).width > 0
    verdict = grade(
        f"<think>…</think><answer>{problem.answer}</answer>",
        problem.answer,
        answer_type=problem.answer_type,
        choices=problem.choices,
        unit=problem.unit,
        answers=problem.answers,
    )
    assert (problem.origin, verdict.status) == (problem.origin, "correct")


def content(file: str) -> Any:
    return json.loads((SAMPLES / file).read_text())


def test_geos(tally: Tally) -> None:
    (problem,), reasons = tally("geos", "geos")
    assert problem.choices["ABCDE".index(problem.answer)] == content("geos/geosolver_example/question.json")["answer"]
    assert not reasons


def test_vizwiz(tally: Tally) -> None:
    problems, reasons = tally("vizwiz", "vizwiz", split="val")
    rows = content("vizwiz/Annotations/val.json")
    assert [problem.origin for problem in problems] == [row["image"] for row in rows if row["answerable"]]
    assert reasons == {"unanswerable": sum(not row["answerable"] for row in rows)}


def test_ai2d(tally: Tally) -> None:
    problems, reasons = tally("ai2d", "ai2d/ai2d")
    files = [json.loads(file.read_text()) for file in (SAMPLES / "ai2d/ai2d/questions").iterdir()]
    asked = [
        (row, SAMPLES / "ai2d/ai2d/images" / file["imageName"]) for file in files for row in file["questions"].values()
    ]
    plain = {row["questionId"]: row["answerTexts"][row["correctAnswer"]] for row, _ in asked if not row["abcLabel"]}
    lost = sum(not row["abcLabel"] and not picture.exists() for row, picture in asked)
    assert all(p.choices["ABCD".index(p.answer)] == plain[p.origin] for p in problems)
    assert reasons == {"letters_not_in_picture": len(asked) - len(plain), "bad_image": lost}
    assert len(problems) == len(plain) - lost > 0


def test_clevr(tally: Tally) -> None:
    problems, reasons = tally("clevr", "clevr/CLEVR_new", split="new")
    rows = content("clevr/CLEVR_new/questions/CLEVR_new_questions.json")["questions"]
    assert [problem.answer for problem in problems] == [row["answer"] for row in rows]
    assert not reasons


@pytest.mark.parametrize("config", ["5", "part_5"])
def test_superclevr(tally: Tally, config: str) -> None:
    problems, reasons = tally("superclevr", "superclevr", config=config)
    rows = content(f"superclevr/superCLEVR_questions_{config}.json")["questions"]
    words = {True: "yes", False: "no"}
    golds = [words[row["answer"]] if isinstance(row["answer"], bool) else str(row["answer"]) for row in rows]
    assert [problem.answer for problem in problems] == golds
    assert not reasons


def test_iconqa(tally: Tally) -> None:
    problems, reasons = tally("iconqa", "iconqa/iconqa", split="examples")
    kinds = Counter(json.loads(f.read_text())["ques_type"] for f in SAMPLES.glob("iconqa/iconqa/*/*/*/data.json"))
    assert reasons == {"choices_are_pictures": kinds.pop("choose_img")}
    assert Counter(problem.origin.split("/")[0] for problem in problems) == kinds


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_scienceqa(tally: Tally, split: str) -> None:
    problems, reasons = tally("scienceqa", "scienceqa/scienceqa", split=split)
    rows = {name: row for name, row in content("scienceqa/scienceqa/problems.json").items() if row["split"] == split}
    assert {p.origin: p.choices["ABCDE".index(p.answer)] for p in problems} == {
        name: row["choices"][row["answer"]] for name, row in rows.items()
    }
    assert sum(bool(p.images) for p in problems) == sum(row["image"] is not None for row in rows.values())
    assert not reasons
