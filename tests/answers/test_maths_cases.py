"""Sets, intervals, matrices, equations, complex numbers: our table in math-verify's kinds, and its own figure."""

from pathlib import Path
from typing import NamedTuple

import pytest

from ovlt_data.answers import grade, symbolic
from ovlt_data.answers.symbolic import same_by


class Case(NamedTuple):
    kind: str
    gold: str
    answer: str
    same: str


LINES = Path(__file__).with_name("maths_cases.tsv").read_text(encoding="utf-8").splitlines()[1:]
CASES = [Case(*line.split("\t")) for line in LINES]


def _id(case: Case) -> str:
    return f"{case.kind}-{case.gold}-{case.answer}"


@pytest.fixture(autouse=True, scope="module")
def _worker() -> None:
    symbolic.start()


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_what_means_the_same_is_the_same(case: Case) -> None:
    verdict = grade(rf"\boxed{{{case.answer}}}", case.gold, answer_type="expression")
    assert verdict.status == ("correct" if case.same == "yes" else "wrong")


def test_math_verify_decides_no_more_of_them() -> None:
    pytest.importorskip("math_verify")
    theirs = [same_by("math-verify", _boxed(case.answer), _boxed(case.gold)) == (case.same == "yes") for case in CASES]
    assert len(CASES) >= 90
    assert sum(theirs) < len(theirs)


def _boxed(formula: str) -> str:
    return rf"\boxed{{{formula}}}"
