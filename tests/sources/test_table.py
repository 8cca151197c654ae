import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ovlt_data.errors import UsageError
from ovlt_data.images import load
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Problems = Callable[..., Sequence[Problem]]
Draw = Callable[[str], bytes]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """A JSONL table with these rows; gives its path."""

    def written(*rows: dict[str, Any]) -> str:
        file = tmp_path / "rows.jsonl"
        file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        return str(file)

    return written


Write = Callable[..., str]


def test_the_fields_own_names_are_the_default(problems: Problems, write: Write) -> None:
    row = {
        "id": 5,
        "question": "How long?",
        "answer": "2.50",
        "answer_type": "decimal",
        "unit": "cm",
        "precision": 2,
        "note": "ours",
    }
    (problem,) = problems("mine", format="table", path=write(row))
    assert (problem.source, problem.origin, problem.question) == ("mine", "5", "How long?")
    assert (problem.answer, problem.answer_type, problem.unit, problem.precision) == ("2.50", "decimal", "cm", 2)
    assert problem.images == ()


def test_columns_may_have_other_names(problems: Problems, write: Write) -> None:
    row = {"pid": "p1", "problem": "<image>Which?", "options": ["x", "y"], "ground_truth": "y"}
    columns = {"id": "pid", "question": "problem", "choices": "options", "answer": "ground_truth"}
    (problem,) = problems("mine", format="table", path=write(row), columns=columns)
    assert (problem.origin, problem.question, problem.choices, problem.answer) == ("p1", "Which?", ("x", "y"), "B")


def test_an_index_counts_from_0_where_the_recipe_says_so(problems: Problems, write: Write) -> None:
    rows = [
        {"question": "Which is it?", "choices": ["2", "1", "3"], "label": 1},
        {"question": "And this?", "choices": ["2", "1", "3"], "label": "0"},
        {"question": "And that?", "choices": ["2", "1", "3"], "label": 2.0},
    ]
    found = problems("mine", format="table", path=write(*rows), columns={"answer_index": "label"})
    assert [problem.answer for problem in found] == ["B", "A", "C"]


def test_a_number_is_a_text_where_it_does_not(problems: Problems, write: Write) -> None:
    (problem,) = problems("mine", format="table", path=write({"question": "?", "choices": ["2", "1"], "answer": 1}))
    assert problem.answer == "B"


@pytest.mark.parametrize(
    ("answer", "settled"),
    [
        (True, ("yes", "yes_no")),
        (False, ("no", "yes_no")),
        (3, ("3", "auto")),
        (3.5, ("3.5", "auto")),
        ("1,234", ("1234", "auto")),
        (["Ohio", "Utah"], ("Ohio, Utah", "set")),
    ],
    ids=["true", "false", "integer", "decimal", "thousands", "several"],
)
def test_golds_of_every_type_are_read(
    problems: Problems, write: Write, answer: object, settled: tuple[str, str]
) -> None:
    (problem,) = problems("mine", format="table", path=write({"question": "?", "answer": answer}))
    assert (problem.answer, problem.answer_type) == settled


def test_of_several_answers_the_most_frequent_is_the_gold(problems: Problems, write: Write) -> None:
    answers = ["cola", "coke", "coke"]
    (problem,) = problems("mine", format="table", path=write({"question": "What is it?", "answers": answers}))
    assert (problem.answer, problem.answer_type, problem.answers) == ("coke", "vqa", tuple(answers))


def test_pictures_are_paths_inside_the_folder(problems: Problems, write: Write, tmp_path: Path, draw: Draw) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").write_bytes(draw("red" if name == "a" else "blue"))
    rows = [
        {"question": "One?", "answer": "1", "images": "a.png"},
        {"question": "Two?", "answer": "2", "images": ["a.png", "b.png"]},
    ]
    one, two = problems("mine", format="table", path=write(*rows))
    assert [load(image) for image in two.images] == [draw("red"), draw("blue")]
    assert one.images == two.images[:1]


@pytest.mark.parametrize("form", ["bytes", "struct", "list", "list_of_structs"])
def test_pictures_are_bytes(problems: Problems, tmp_path: Path, draw: Draw, form: str) -> None:
    red = draw("red")
    struct = {"bytes": red, "path": "/never/looked/at.png"}
    cell = {"bytes": red, "struct": struct, "list": [red], "list_of_structs": [struct]}[form]
    pl.DataFrame([{"question": "Red?", "answer": "yes", "images": cell}]).write_parquet(tmp_path / "rows.parquet")
    (problem,) = problems("mine", format="table", path=str(tmp_path / "rows.parquet"))
    assert [load(image) for image in problem.images] == [red]


def test_a_folder_is_read_in_the_order_of_its_names(problems: Problems, tmp_path: Path) -> None:
    for part in ("2", "10", "1"):
        pl.DataFrame([{"question": f"Part {part}?", "answer": "1"}]).write_parquet(tmp_path / f"{part}.parquet")
    found = problems("mine", format="table", path=str(tmp_path))
    assert [problem.question for problem in found] == ["Part 1?", "Part 2?", "Part 10?"]
    assert found[0].origin == "1.parquet:1"


def test_a_missing_column_lists_those_there(read: Read, write: Write) -> None:
    path = write({"problem": "?", "gold": "1"})
    with pytest.raises(UsageError, match=r"no column questoin; expected one of: gold, problem"):
        read("mine", format="table", path=path, columns={"question": "questoin"})
    with pytest.raises(UsageError, match=r"columns: qestion: expected some of id, question"):
        read("mine", format="table", path=path, columns={"qestion": "problem"})
    with pytest.raises(UsageError, match=r"expected the columns question and answer.*: gold, problem"):
        read("mine", format="table", path=path)


def test_a_column_that_some_rows_leave_out_is_there(problems: Problems, write: Write) -> None:
    rows = [{"question": "One?", "answer": "1"}, {"question": "Two?", "answer": "2", "unit": "cm"}]
    found = problems("mine", format="table", path=write(*rows), columns={"unit": "unit"})
    assert [problem.unit for problem in found] == ["", "cm"]


@pytest.mark.parametrize(
    ("row", "reason", "failed"),
    [
        pytest.param({"images": "../secret.png"}, "bad_image", True, id="leads_upwards"),
        pytest.param({"images": ["a.png", "/etc/passwd"]}, "bad_image", True, id="one_of_two_absolute"),
        pytest.param({"answer": None}, "no_answer", False, id="no_answer"),
        pytest.param({"answer": float("nan")}, "no_answer", False, id="not_a_number"),
        pytest.param({"question": None}, "no_question", False, id="no_question"),
        pytest.param({"question": {"text": "?"}}, "bad_row", True, id="question_is_an_object"),
        pytest.param({"choices": "A, B"}, "bad_row", True, id="choices_are_no_list"),
        pytest.param({"answer_type": "float"}, "bad_row", True, id="unknown_answer_type"),
        pytest.param({"precision": 1.5}, "bad_row", True, id="half_a_place"),
        pytest.param({"choices": ["Ann", "Ben"], "answer": "1"}, "no_such_choice", False, id="index_in_answer"),
    ],
)
def test_an_odd_row_is_set_aside_alone(
    read: Read, write: Write, tmp_path: Path, draw: Draw, row: dict[str, Any], reason: str, failed: bool
) -> None:
    (tmp_path / "a.png").write_bytes(draw("red"))
    path = write({"question": "How many?", "answer": "2"}, {"id": "odd", "question": "?", "answer": "1"} | row)
    kept, lost = read("mine", format="table", path=path)
    assert isinstance(kept, Problem)
    assert isinstance(lost, Unusable)
    assert (lost.origin, lost.reason, lost.failed) == ("odd", reason, failed)


@pytest.mark.parametrize("line", ["{", "[1]", "nonsense", '{"question": ' + "[" * 9000], ids=str)
def test_a_broken_line_is_set_aside_alone(read: Read, write: Write, line: str) -> None:
    path = write({"question": "How many?", "answer": "2"})
    with Path(path).open("a") as file:
        file.write(f"\n{line}\n")
    kept, lost = read("mine", format="table", path=path)
    assert isinstance(kept, Problem)
    assert isinstance(lost, Unusable)
    assert (lost.origin, lost.reason, lost.failed) == ("rows.jsonl:2", "bad_row", True)


def test_half_a_character_does_not_stop_a_source(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "What is \\ud800?", "answer": "\\udfff"}')
    (problem,) = problems("mine", format="table", path=str(tmp_path / "rows.jsonl"))
    assert (problem.question, problem.answer) == ("What is ??", "?")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.parquet", b"PAR1 no", "damaged, or not Parquet"),
        ("rows.csv", b"question,answer", r"expected a file that ends in \.jsonl, \.json, \.parquet"),
        ("rows.jsonl", b"", "holds no rows"),
        ("rows.json", b"{}", "expected a list of rows"),
        ("rows.json", b"[", "not JSON"),
    ],
)
def test_a_file_that_is_no_table_is_an_error(read: Read, tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=says):
        read("mine", format="table", path=str(tmp_path / name))


def test_an_empty_folder_is_an_error(read: Read, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected rows in \.parquet or \.jsonl files; there is: nothing"):
        read("mine", format="table", path=str(tmp_path))
