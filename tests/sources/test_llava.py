import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ovlt_data.errors import UsageError
from ovlt_data.images import load
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Problems = Callable[..., Sequence[Problem]]
Draw = Callable[[str], bytes]

CHOICE = "<image>\nHint: Please answer the question and provide the correct option letter, e.g., A, B, at the end.\n"


def talk(*said: str) -> list[dict[str, str]]:
    return [{"from": speaker, "value": value} for speaker, value in zip(("human", "gpt") * 4, said, strict=False)]


def write_parquet(file: Path, rows: Sequence[dict[str, Any]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), file)
    return file


@pytest.fixture
def rows(draw: Draw) -> list[dict[str, Any]]:
    return [
        {
            "id": "g_1",
            "image": {"bytes": draw("red"), "path": None},
            "conversations": talk(CHOICE + "Question: Find x.\nChoices:\n(A) 30\n(B) 40", "The answer is B"),
            "data_source": "Ours(MathV360K)",
        },
        {
            "id": "g_2",
            "image": {"bytes": draw("green"), "path": "g/2.png"},
            "conversations": talk("<image>\nIs it green?", "The answer is Yes."),
            "data_source": "Ours(MathV360K)",
        },
    ]


def test_a_row_is_taken_apart(problems: Problems, tmp_path: Path, rows: list[dict[str, Any]], draw: Draw) -> None:
    first, second = problems("geo", format="llava", path=str(write_parquet(tmp_path / "rows.parquet", rows)))
    assert (first.origin, first.question, first.choices) == ("g_1", "Find x.", ("30", "40"))
    assert (first.answer, first.answer_type) == ("B", "choice")
    assert (second.question, second.answer, second.answer_type) == ("Is it green?", "yes", "yes_no")
    assert [load(problem.images[0]) for problem in (first, second)] == [draw("red"), draw("green")]


@pytest.mark.parametrize(
    ("reply", "answer", "answer_type"),
    [
        ("The answer is 3.46", "3.46", "auto"),
        ("The answer is 13,802", "13802", "auto"),
        ("The answer is No", "no", "yes_no"),
        ("The answer is blue", "blue", "auto"),
        ("Answer: \\sqrt{3}", "\\sqrt{3}", "auto"),
    ],
)
def test_free_golds_keep_their_own_form(
    problems: Problems, tmp_path: Path, reply: str, answer: str, answer_type: str
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"id": 1, "conversations": talk("What is it?", reply)}))
    (problem,) = problems("x", format="llava", path=str(file))
    assert (problem.answer, problem.answer_type, problem.images) == (answer, answer_type, ())


@pytest.mark.parametrize("reply", ["The answer is B", "The answer is (B)", "Answer: 40", "The answer is (B) 40", "B."])
def test_a_choice_may_be_named_in_many_ways(problems: Problems, tmp_path: Path, reply: str) -> None:
    file = tmp_path / "rows.jsonl"
    asked = "Question: Find x.\nChoices:\nA. 30\nB. 40"
    file.write_text(json.dumps({"id": 1, "conversations": talk(asked, reply)}))
    (problem,) = problems("x", format="llava", path=str(file))
    assert (problem.answer, problem.answer_type, problem.choices) == ("B", "choice", ("30", "40"))


def test_each_turn_is_a_problem(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    said = talk("<image>\nWhat colour?", "red", "How many?", "The answer is 3", "Any blue?", "No")
    row = {"id": "c", "image": {"bytes": draw("red"), "path": None}, "conversations": said}
    found = problems("x", format="llava", path=str(write_parquet(tmp_path / "rows.parquet", [row])))
    assert [(problem.origin, problem.question, problem.answer) for problem in found] == [
        ("c#1", "What colour?", "red"),
        ("c#2", "How many?", "3"),
        ("c#3", "Any blue?", "no"),
    ]
    assert len({problem.images for problem in found}) == 1


def test_a_system_turn_is_no_question(problems: Problems, tmp_path: Path) -> None:
    turns = [{"from": "system", "value": "Be brief."}, *talk("How many?", "3")]
    (tmp_path / "rows.jsonl").write_text(json.dumps({"id": 1, "conversations": turns}))
    (problem,) = problems("x", format="llava", path=str(tmp_path / "rows.jsonl"))
    assert (problem.origin, problem.question) == ("1", "How many?")


@pytest.mark.parametrize(
    ("files", "fields", "origins"),
    [
        (["a.parquet"], {}, "a"),
        (["a.parquet", "b.parquet"], {}, "ab"),
        (["train-00000-of-00002.parquet", "train-00001-of-00002.parquet", "test-00000-of-00001.parquet"], {}, "tt"),
        (["train-0.parquet", "test-0.parquet"], {"split": "test"}, "t"),
        (["data/train-0.parquet"], {}, "t"),
        (["Geo(X)/a.parquet", "b.parquet"], {"config": "Geo(X)"}, "a"),
        (["Geo(X)/train/0.parquet", "Geo(X)/test/1.parquet"], {"config": "Geo(X)"}, "0"),
        (["Geo(X)/train/0.parquet", "Geo(X)/test/1.parquet"], {"config": "Geo(X)", "split": "test"}, "1"),
    ],
    ids=["one", "two", "train_is_default", "split", "data_folder", "config", "config_and_train", "config_and_split"],
)
def test_folders_are_read_as_the_hub_lays_them_out(
    problems: Problems, tmp_path: Path, files: list[str], fields: dict[str, str], origins: str
) -> None:
    for name in files:
        row = {"id": Path(name).name[0], "conversations": talk(f"What is {name}?", "it")}
        write_parquet(tmp_path / "set" / name, [row])
    found = problems("x", format="llava", path=str(tmp_path / "set"), **fields)
    assert "".join(problem.origin for problem in found) == origins


def test_json_names_pictures_from_its_own_folder(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "1.png").write_bytes(draw("red"))
    row = {"id": 1, "image": "g/1.png", "conversations": talk("<image>What is it?", "red")}
    (tmp_path / "rows.json").write_text(json.dumps([row]))
    (problem,) = problems("x", format="llava", path=str(tmp_path / "rows.json"))
    assert problem.images[0].path == str(tmp_path / "g" / "1.png")


def test_a_row_may_have_several_pictures(problems: Problems, tmp_path: Path, draw: Draw) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").write_bytes(draw("red" if name == "a" else "blue"))
    row = {"id": 1, "image": ["a.png", "b.png"], "conversations": talk("<image><image>Compare.", "same")}
    (tmp_path / "rows.json").write_text(json.dumps([row]))
    (problem,) = problems("x", format="llava", path=str(tmp_path / "rows.json"))
    assert [Path(image.path).name for image in problem.images] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("row", "origin", "reason", "failed"),
    [
        pytest.param({"image": "../secret.png"}, "7", "bad_image", True, id="leads_upwards"),
        pytest.param({"image": "file:///etc/passwd"}, "7", "bad_image", True, id="file_url"),
        pytest.param({"image": "https://example.org/a.png"}, "7", "bad_image", True, id="web_url"),
        pytest.param({"image": "/etc/passwd"}, "7", "bad_image", True, id="absolute"),
        pytest.param({"image": "lost.png"}, "7", "bad_image", True, id="missing_file"),
        pytest.param({"image": 5}, "7", "bad_row", True, id="picture_of_another_type"),
        pytest.param({"conversations": []}, "7", "no_question", False, id="nobody_spoke"),
        pytest.param({"conversations": talk("What?")}, "7", "no_question", False, id="no_reply"),
        pytest.param({"conversations": talk("<image>", "red")}, "7", "no_question", False, id="only_a_picture"),
        pytest.param({"conversations": talk("What?", "The answer is")}, "7", "no_answer", False, id="no_answer"),
        pytest.param({"conversations": talk("Q?\nA. x\nB. y", "C")}, "7", "no_such_choice", False, id="no_choice"),
        pytest.param({"conversations": "What?"}, "7", "bad_row", True, id="no_conversation"),
        pytest.param({"conversations": [{"from": "human"}]}, "7", "bad_row", True, id="a_turn_without_words"),
        pytest.param({"id": None, "conversations": None}, "rows.jsonl:2", "bad_row", True, id="nothing"),
    ],
)
def test_an_odd_row_is_set_aside_alone(
    read: Read, tmp_path: Path, row: dict[str, Any], origin: str, reason: str, failed: bool
) -> None:
    fine = {"id": 6, "conversations": talk("What is it?", "red")}
    odd = {"id": 7, "conversations": talk("What is that?", "red")} | row
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(one) for one in (fine, odd)))
    kept, lost = read("x", format="llava", path=str(tmp_path / "rows.jsonl"))
    assert isinstance(kept, Problem)
    assert isinstance(lost, Unusable)
    assert (lost.origin, lost.reason, lost.failed) == (origin, reason, failed)


def test_bytes_that_are_no_picture_fail_their_row(read: Read, tmp_path: Path) -> None:
    row = {"id": "x_9", "image": {"bytes": b"<html>", "path": None}, "conversations": talk("What is it?", "red")}
    (lost,) = read("x", format="llava", path=str(write_parquet(tmp_path / "rows.parquet", [row])))
    assert isinstance(lost, Unusable)
    assert lost.message.startswith("picture 1 that row x_9 carries: not a picture")


def test_what_is_not_there_is_said(read: Read, tmp_path: Path) -> None:
    write_parquet(tmp_path / "Geo(X)" / "train-0.parquet", [{"id": 1, "conversations": talk("Q?", "a")}])
    with pytest.raises(UsageError, match=r"expected rows in \.parquet files; there is: Geo\(X\)"):
        read("x", format="llava", path=str(tmp_path))
    with pytest.raises(UsageError, match=r"expected split test of rows in \.parquet files; there is: train-0"):
        read("x", format="llava", path=str(tmp_path), config="Geo(X)", split="test")
    with pytest.raises(UsageError, match="expected a Hub id, or rows of id, image, conversations"):
        read("x", format="llava", path=str(tmp_path / "nowhere"))
