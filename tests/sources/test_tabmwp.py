import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]

ROWS: dict[str, dict[str, Any]] = {
    "7": {"answer": "13,802", "ans_type": "integer_number", "unit": "$"},
    "3": {"answer": "1,234.50", "ans_type": "decimal_number", "unit": "$"},
    "12": {"answer": "5/18", "ans_type": "decimal_number"},
    "20": {"answer": "Katie", "ans_type": "extractive_text", "choices": ["Isaac", "Edgar", "Katie"]},
    "21": {"answer": "no", "ans_type": "boolean_text", "choices": ["yes", "no"]},
    "22": {"answer": "1 hour", "ans_type": "other_text", "choices": ["1 hour", "45 minutes"]},
    "23": {"answer": "A", "ans_type": "extractive_text", "choices": ["B", "A"]},
    "24": {"answer": "no", "ans_type": "boolean_text"},
    "25": {"answer": "Brenda", "ans_type": "extractive_text"},
}
EXPECTED = {
    "7": ("13802", "integer", "$"),
    "3": ("1234.50", "decimal", "$"),
    "12": ("5/18", "number", ""),
    "20": ("C", "choice", ""),
    "21": ("B", "choice", ""),
    "22": ("A", "choice", ""),
    "23": ("B", "choice", ""),
    "24": ("no", "yes_no", ""),
    "25": ("Brenda", "text", ""),
}


@pytest.fixture
def folder(tmp_path: Path, draw: Callable[[str], bytes]) -> Path:
    (tmp_path / "tables").mkdir()
    (tmp_path / "problems_dev1k.json").write_text("{}")
    write(tmp_path, ROWS)
    for origin in ROWS:
        (tmp_path / "tables" / f"{origin}.png").write_bytes(draw(f"#0000{int(origin):02x}"))
    return tmp_path


def write(folder: Path, rows: dict[str, dict[str, Any]]) -> None:
    defaults = {"question": "How much is it?", "choices": None, "unit": None, "table": "a | 1", "row_num": 1}
    content = json.dumps({origin: defaults | row for origin, row in rows.items()})
    (folder / "problems_train.json").write_text(content)


def test_golds_come_out_in_their_canonical_form(read: Read, folder: Path) -> None:
    rows = [row for row in read("tabmwp", path=str(folder)) if isinstance(row, Problem)]
    assert {row.origin: (row.answer, row.answer_type, row.unit) for row in rows} == EXPECTED
    assert [row.origin for row in rows] == list(ROWS)


def test_each_problem_has_its_table(read: Read, folder: Path) -> None:
    for row in read("tabmwp", path=str(folder)):
        assert isinstance(row, Problem)
        assert row.images[0].path == str(folder / "tables" / f"{row.origin}.png")


@pytest.mark.parametrize(
    ("origin", "row", "reason", "failed"),
    [
        pytest.param("99", {"answer": "1"}, "bad_image", True, id="no_table"),
        pytest.param("../../secret", {"answer": "1"}, "bad_image", True, id="a_name_that_leads_out"),
        pytest.param("7", {"answer": ""}, "no_answer", False, id="no_answer"),
        pytest.param("7", {"answer": "1", "question": " "}, "no_question", False, id="no_question"),
        pytest.param("7", {"answer": 5}, "bad_row", True, id="an_answer_that_is_no_text"),
        pytest.param("7", {"answer": "Eve", "choices": ["Ann", "Ben"]}, "no_such_choice", False, id="not_a_choice"),
        pytest.param("7", {"answer": "5", "choices": ["5", "5"]}, "ambiguous_gold", False, id="two_right_choices"),
    ],
)
def test_an_odd_row_is_set_aside_alone(
    read: Read, folder: Path, origin: str, row: dict[str, Any], reason: str, failed: bool
) -> None:
    write(folder, {"3": ROWS["3"], origin: row})
    kept, lost = read("tabmwp", path=str(folder))
    assert isinstance(kept, Problem)
    assert isinstance(lost, Unusable)
    assert (lost.origin, lost.reason, lost.failed) == (origin, reason, failed)


def test_a_missing_split_lists_the_files_there(read: Read, folder: Path) -> None:
    with pytest.raises(UsageError, match=r"problems_test\.json.*there: problems_dev1k\.json, problems_train\.json"):
        read("tabmwp", path=str(folder), split="test")


def test_an_empty_split_is_an_error(read: Read, folder: Path) -> None:
    with pytest.raises(UsageError, match="holds no rows"):
        read("tabmwp", path=str(folder), split="dev1k")


@pytest.mark.parametrize("content", ["[]", "{", '{"1":' * 9000 + "1" + "}" * 9000], ids=["list", "torn", "endless"])
def test_a_broken_index_is_an_error(read: Read, folder: Path, content: str) -> None:
    (folder / "problems_train.json").write_text(content)
    with pytest.raises(UsageError, match=r"problems_train\.json: expected one JSON object"):
        read("tabmwp", path=str(folder))
