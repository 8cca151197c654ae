"""Rotations: letters move with their choices, and choices that speak of each other stay where they are."""

from pathlib import Path

import pytest

from ovlt_data.generate.probe import ProbePlan, find_turns, rotate
from ovlt_data.prompts import load_prompt
from ovlt_data.types import AnswerType, Image, Problem

COLOURS = ("red", "green", "blue", "a picture: <image 2>")


def make(
    answer: str = "C", choices: tuple[str, ...] = COLOURS, answer_type: AnswerType = "choice", pictures: int = 1
) -> Problem:
    images = (Image("a.png", "0"),) * pictures
    return Problem(
        id="1", source="s", question="Q?", answer=answer, choices=choices, answer_type=answer_type, images=images
    )


def plan(rotations: int | None = None) -> ProbePlan:
    prompt = load_prompt("student", beside=Path())
    return ProbePlan(name="rotated", model="m", prompt=prompt, rotations=rotations)


@pytest.mark.parametrize(("turn", "letter"), [(0, "C"), (1, "B"), (2, "A"), (3, "D")])
def test_gold_stays_the_same_choice(turn: int, letter: str) -> None:
    turned = rotate(make(), turn)
    assert (turned.answer, turned.choices["ABCD".index(letter)]) == (letter, "blue")
    assert sorted(turned.choices) == sorted(COLOURS)


def test_gold_given_by_its_words_becomes_the_letter() -> None:
    assert rotate(make("green"), 1).answer == "A"


@pytest.mark.parametrize(("rotations", "turns"), [(None, [0, 1, 2, 3]), (2, [0, 2]), (3, [0, 1, 2]), (9, [0, 1, 2, 3])])
def test_rotations_are_evenly_spaced_from_the_first(rotations: int | None, turns: list[int]) -> None:
    assert find_turns(make(), plan(rotations)) == turns


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(make("3", (), "number"), id="open"),
        pytest.param(make("yes", (), "yes_no"), id="yes-no"),
        pytest.param(make("A", ("red",)), id="one-choice"),
        pytest.param(make("?", COLOURS), id="no-gold"),
        pytest.param(make("A", ("red", "green", "all of the above")), id="above"),
        pytest.param(make("A", ("red", "green", "both A and B")), id="letters-in-a-choice"),
        pytest.param(make("A", ("(B)", "(C)", "(A)")), id="letters-of-a-diagram"),
    ],
)
def test_what_can_not_be_rotated_is_not_asked(problem: Problem) -> None:
    assert find_turns(problem, plan()) == []


@pytest.mark.parametrize("choice", ["A car and a bus", "above the line", "None of these", "10 and 12"])
def test_ordinary_words_can_be_rotated(choice: str) -> None:
    assert find_turns(make("A", ("red", choice)), plan()) == [0, 1]


def test_blind_asks_only_where_there_is_a_picture() -> None:
    blind = ProbePlan(name="blind", model="m", prompt=plan().prompt)
    assert [find_turns(make(pictures=n), blind) for n in (0, 1)] == [[], [0]]
