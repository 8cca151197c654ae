"""What `ovlt check --offline` says of problems and models."""

import pytest

from ovlt_data.check.data import check_golds, check_identity
from ovlt_data.recipe import Recipe
from ovlt_data.types import AnswerType, Problem


def problem(answer: str, answer_type: AnswerType) -> Problem:
    return Problem(id="p", source="mine", origin="row 7", question="?", answer=answer, answer_type=answer_type)


def recipe(**identity: str) -> Recipe:
    model = {"endpoint": "http://localhost:1/v1", "model": "org/model", **identity}
    return Recipe.model_validate(
        {
            "name": "small",
            "models": {"reasoner": model},
            "problems": {"sources": [{"source": "shapes", "count": 4}]},
            "reason": {"model": "reasoner"},
            "build": {"kind": "sft"},
        }
    )


def test_gold_that_fails_its_own_grader_is_named() -> None:
    (finding,) = check_golds([problem("31", "integer"), problem("", "integer")])
    assert finding.level == "warning"
    assert "1 of 2 golds do not pass" in finding.says
    assert "mine row 7: ''" in finding.says


@pytest.mark.parametrize(
    ("identity", "level", "words"),
    [
        ({}, "warning", "neither revision nor checkpoint"),
        ({"revision": "abc"}, "ok", "org/model@abc"),
        ({"checkpoint": "def"}, "ok", "org/model@def"),
    ],
    ids=["name-alone", "revision", "checkpoint"],
)
def test_name_alone_is_no_identity(identity: dict[str, str], level: str, words: str) -> None:
    (finding,) = check_identity(recipe(**identity))
    assert finding.level == level
    assert words in finding.says
