"""Failures that trying again can't help are known from the moment they happen."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ovlt_data.generate.lasting import LASTING_FILE, LastingFailures, read_lasting
from ovlt_data.types import Failure

FAILURE = Failure(
    problem_id="p",
    source="s",
    origin="o",
    stage="reason",
    kind="bad_request",
    lasting=True,
    request_key="ab",
    endpoint="http://a/v1",
    attempts=1,
    message="no",
)


def test_lasting_failure_is_remembered_by_its_request_at_once(tmp_path: Path) -> None:
    LastingFailures(tmp_path, known=()).add(FAILURE)  # never closed: the run was killed
    (error,) = read_lasting([tmp_path], retry=frozenset()).values()
    assert (error.request_key, error.kind, error.lasting, str(error)) == ("ab", "bad_request", True, "no")


@pytest.mark.parametrize(
    ("failure", "retry"),
    [(replace(FAILURE, lasting=False), ""), (replace(FAILURE, request_key=""), ""), (FAILURE, "bad_request")],
    ids=["passing", "never-sent", "to-be-tried-again"],
)
def test_other_failures_are_tried_again(tmp_path: Path, failure: Failure, retry: str) -> None:
    LastingFailures(tmp_path, known=()).add(failure)
    assert read_lasting([tmp_path], retry=frozenset([retry])) == {}


def test_line_that_a_crash_cut_off_costs_no_other(tmp_path: Path) -> None:
    LastingFailures(tmp_path, known=()).add(FAILURE)
    with (tmp_path / LASTING_FILE).open("ab") as file:
        file.write(b'\n{"problem_id": "q", "sou')
    LastingFailures(tmp_path, known=["ab"]).add(replace(FAILURE, request_key="cd"))
    assert set(read_lasting([tmp_path], retry=frozenset())) == {"ab", "cd"}
