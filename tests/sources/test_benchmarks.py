"""The three benchmarks in their official layouts and in that of their Hub copies; the rows are ours."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, Features, Image, Value

from ovlt_data.answers import grade
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import SOURCES, on_hub
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Problems = Callable[..., Sequence[Problem]]
Draw = Callable[[str], bytes]

VISTA: Mapping[str, Mapping[str, Any]] = {
    "1": {"choices": ["3", "5"], "answer": "5", "answer_type": "text"},
    "2": {"answer": "1.30", "precision": 2.0, "answer_type": "float", "unit": "$"},
    "3": {"answer": "[0, 2]", "answer_type": "list"},
    "4": {"choices": ["B", "A"], "answer": "A", "answer_type": "text"},
    "5": {"answer": "12", "answer_type": "integer"},
}
VISION: Mapping[str, Mapping[str, Any]] = {
    "1": {"options": ["A", "B", "C"], "answer": "C"},
    "2": {"options": ["(A)", "(B)"], "answer": "B"},
    "3": {"options": ["B", "A"], "answer": "A"},
    "4": {"options": [], "answer": "$4 \\pi$"},
}


def vista(folder: Path, draw: Draw, *, rows: Mapping[str, Mapping[str, Any]] = VISTA, ending: str = "jpg") -> Path:
    (folder / "images").mkdir()
    defaults = {"question": "How much?", "choices": None, "unit": None, "precision": None}
    filed = {"task": "table reading", "category": "", "context": "table", "source": "Ours"}
    whole = {
        pid: {**defaults, "pid": pid, "image": f"images/{pid}.jpg", "metadata": filed, **row}
        for pid, row in rows.items()
    }
    (folder / "testmini.json").write_text(json.dumps(whole))
    (folder / "captions.json").write_text("{}")
    for pid in rows:
        (folder / "images" / f"{pid}.{ending}").write_bytes(draw(f"#00000{pid}"))
    return folder


def verse_row(version: str, question: str, **fields: object) -> dict[str, object]:
    row: dict[str, object] = {"problem_index": "7", "problem_version": version, "question": question, "answer": "B"}
    row |= {"image": "images_version_1-4/image_7.png", "question_type": "multi-choice"}
    return row | {"metadata": {"subject": "Plane Geometry", "subfield": "Angle"}} | fields


def verse(folder: Path, draw: Draw, *rows: Mapping[str, object]) -> Path:
    (folder / "images" / "images_version_1-4").mkdir(parents=True)
    (folder / "images" / "images_version_1-4" / "image_7.png").write_bytes(draw("red"))
    (folder / "testmini.json").write_text(json.dumps(rows))
    return folder


def vision(folder: Path, draw: Draw) -> Path:
    (folder / "data").mkdir()
    (folder / "images").mkdir()
    for name in VISION:
        (folder / "images" / f"{name}.jpg").write_bytes(draw(f"#00000{name}"))
    lines = [
        {
            "id": name,
            "question": "Which?\n<image1>",
            "image": f"images/{name}.jpg",
            "level": 2,
            "subject": "logic",
            **row,
        }
        for name, row in VISION.items()
    ]
    (folder / "data" / "testmini.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def told(problems: Sequence[Problem]) -> dict[str, tuple[str, str]]:
    return {problem.origin: (problem.answer, problem.answer_type) for problem in problems}


def test_mathvista_golds_are_texts_of_choices_or_typed(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    found = problems("mathvista", path=str(vista(tmp_path, draw)))
    assert told(found) == {
        "1": ("B", "choice"),
        "2": ("1.30", "decimal"),
        "3": ("[0, 2]", "list"),
        "4": ("B", "choice"),
        "5": ("12", "integer"),
    }
    assert (found[1].precision, found[1].unit) == (2, "$")
    assert found[0].categories == ("task: table reading", "context: table", "dataset: Ours")


def test_mathvista_pictures_may_have_been_saved_anew(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    found = problems("mathvista", path=str(vista(tmp_path, draw, ending="png")))
    assert [Path(problem.images[0].path).name for problem in found] == [f"{pid}.png" for pid in VISTA]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param({"answer": ""}, "no_answer", id="kept_back"),
        pytest.param({"answer": None, "choices": ["1", "2"]}, "no_answer", id="kept_back_of_choices"),
        pytest.param({"answer": "5", "choices": ["5", "5"]}, "ambiguous_gold", id="two_alike"),
        pytest.param({"answer": "5", "image": "images/none.jpg"}, "bad_image", id="no_picture"),
        pytest.param({"answer": "5", "image": "../testmini.json"}, "bad_image", id="a_name_that_leads_out"),
        pytest.param({"answer": "5", "precision": "two"}, "bad_row", id="not_as_typed"),
    ],
)
def test_mathvista_rows_without_use(
    read: Read, tmp_path: Path, draw: Draw, row: Mapping[str, Any], reason: str
) -> None:
    (lost,) = read("mathvista", path=str(vista(tmp_path, draw, rows={"1": row})))
    assert isinstance(lost, Unusable)
    assert (lost.origin, lost.reason) == ("1", reason)


def test_mathvista_rows_of_the_hub_carry_their_pictures(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    features = Features(
        {
            "pid": Value("string"),
            "question": Value("string"),
            "image": Value("string"),
            "decoded_image": Image(),
            "answer": Value("string"),
            "answer_type": Value("string"),
        }
    )
    row: dict[str, Any] = {
        "pid": "9",
        "question": "How many?",
        "image": "images/9.jpg",
        "answer": "3",
        "answer_type": "integer",
    }
    row |= {"decoded_image": {"bytes": draw("red"), "path": None}}
    rows = Dataset.from_list([row], features=features)
    rows.to_parquet(tmp_path / "data" / "testmini-00000-of-00001-725687bf7a18d64b.parquet")
    (problem,) = problems("mathvista", path=str(tmp_path))
    assert Path(problem.images[0].path).read_bytes() == draw("red")


def test_mathverse_versions_that_ask_the_same_count_each(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    asked = "Find x.\nChoices:\nA:30\nB:40"
    folder = verse(tmp_path, draw, verse_row("Text Lite", asked), verse_row("Vision Intensive", asked))
    lite, intensive = problems("mathverse", path=str(folder))
    assert lite.id != intensive.id
    assert (lite.question, lite.choices, lite.answer) == ("Find x.", ("30", "40"), "B")
    assert intensive.categories[0] == "version: Vision Intensive"


def test_mathverse_vision_only_tells_nothing_of_the_question(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    row = verse_row("Vision Only", "", question_for_eval="Find x.\nChoices:\nA:30\nB:40\nC:50")
    (problem,) = problems("mathverse", path=str(verse(tmp_path, draw, row)))
    assert problem.question == "Answer the question that stands in the picture."
    assert (problem.choices, problem.answer) == (("A", "B", "C"), "B")


def test_mathverse_two_right_choices_are_a_set(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    row = verse_row("Text Lite", "Which two?\nChoices:\nA:30\nB:40\nC:50", answer="B\nC")
    (problem,) = problems("mathverse", path=str(verse(tmp_path, draw, row)))
    assert (problem.answer, problem.answer_type, problem.choices) == ("B, C", "set", ())
    assert problem.question == "Which two?\n(A) 30\n(B) 40\n(C) 50"


@pytest.mark.parametrize(
    ("said", "status"), [("C and B", "correct"), ("B", "wrong"), ("B, D", "wrong")], ids=["both", "one", "another"]
)
def test_mathverse_two_letters_are_graded_as_a_set(said: str, status: str) -> None:
    assert grade(f"<answer>{said}</answer>", "B, C", answer_type="set").status == status


def test_mathvision_golds_are_letters_whatever_the_options_say(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    found = problems("mathvision", path=str(vision(tmp_path, draw)))
    assert told(found) == {
        "1": ("C", "choice"),
        "2": ("B", "choice"),
        "3": ("A", "choice"),
        "4": ("$4 \\pi$", "auto"),
    }
    assert found[0].question == "Which?"
    assert found[0].categories == ("subject: logic", "level: 2")


@pytest.mark.parametrize("name", ["mathvista", "mathverse", "mathvision"])
def test_a_benchmark_without_a_path_is_its_hub_copy(name: str) -> None:
    assert on_hub(SourceSpec(source=name))
    assert not on_hub(SourceSpec(source=name, path="/abs/path"))
    assert SOURCES[name].citation
    assert SOURCES[name].size


def test_mathvista_is_not_to_be_trained_on() -> None:
    assert [name for name, source in SOURCES.items() if not source.training] == ["mathvista"]
