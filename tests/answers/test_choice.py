"""Multiple choice, by letter and by text."""

import pytest

from ovlt_data.answers import canonical_answer, grade

NUMBERS = ("20°", "35°", "55°", "70°")
NAMES = ("a fox", "fox", "an arctic fox", "red deer")
FORMULAS = (r"3 \sqrt { 5 }", r"\frac { 7 } { 4 }", r"2 \pi", r"\sqrt { 5 }")


def _correct(said: str, gold: str, choices: tuple[str, ...]) -> bool:
    return grade(said, gold, answer_type="choice", choices=choices).status == "correct"


@pytest.mark.parametrize(
    "said",
    [
        "C",
        "c",
        "(C)",
        "[c]",
        "C.",
        "C)",
        "C:",
        r"\text{C}",
        r"\textbf{(C)}",
        "**C**",
        "$C$",
        "Ｃ",
        "Option C",
        "choice (C)",
        "The correct option is C.",
        "The answer is (C) 55°.",
        "C. 55°",
        "C: 55",
        "C 55°",
        "55°",
        "55 degrees",
        "55",
        "fifty-five",
        "x = 55°",
        "I choose C",
        "C is correct",
        "C, because the angles add up",
        "C because the angles add up to 180",
        "It is not (A) but (C).",
        "A right angle is shown, so C",
    ],
)
def test_a_choice_is_said_in_many_ways(said: str) -> None:
    assert _correct(said, "C", NUMBERS)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "B",
        "E",
        "c3",
        "CC",
        "550",
        "5.5",
        "35",
        "C or D",
        "C and D",
        "C, D",
        "C/D",
        "A, B, C, D",
        "C. 70°",
        "D. 55°",
        "C. A",
        "not C",
        "The answer is not C.",
        "neither C nor D",
        "55 or 70",
        "None of these",
        "C, or perhaps D",
        "Carl",
    ],
)
def test_hedges_contradictions_and_near_misses_are_no_choice(said: str) -> None:
    assert not _correct(said, "C", NUMBERS)


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("a fox", "A"),
        ("fox", "B"),
        ("Fox", "B"),
        ("an arctic fox", "C"),
        ("arctic fox", "C"),
        ("It is an arctic fox.", "C"),
        ("RED DEER", "D"),
        ("red-deer", "D"),
        (r"3\sqrt{5}", "A"),
        ("6.71", "A"),
        ("1.75", "B"),
        ("7/4", "B"),
        ("2π", "C"),
    ],
)
def test_a_text_names_the_one_choice_that_it_is(said: str, letter: str) -> None:
    choices = FORMULAS if any(character.isdigit() for character in said) else NAMES
    assert _correct(said, letter, choices)
    assert not any(_correct(said, other, choices) for other in "ABCD" if other != letter)


@pytest.mark.parametrize("said", ["deer", "arctic", "fox or deer", "the animal", "foxglove", "6.7", "5", r"\sqrt{3}"])
def test_containment_and_nearness_name_nothing(said: str) -> None:
    assert not any(_correct(said, letter, choices) for letter in "ABCD" for choices in (NAMES, FORMULAS))


@pytest.mark.parametrize("gold", ["C", "c", "(C)", "55°", "2"])
def test_a_gold_may_be_a_letter_a_text_or_an_index(gold: str) -> None:
    assert _correct("C", gold, NUMBERS)
    assert _correct("55", gold, NUMBERS)
    assert canonical_answer(gold, choices=NUMBERS) == "C"


def test_yes_and_no_as_choices_take_a_sentence() -> None:
    assert _correct("Yes, it does", "yes", ("yes", "no"))
    assert not _correct("Yes, or no", "yes", ("yes", "no"))


def test_letters_alone_are_enough_where_the_choices_are_in_the_picture() -> None:
    assert _correct("The answer is (D).", "D", ())
    assert not _correct("The answer is (D).", "B", ())


def test_the_method_says_what_decided() -> None:
    assert grade("<answer>C</answer>", "C", choices=NUMBERS).method == "choice_letter"
    assert grade("<answer>55</answer>", "C", choices=NUMBERS).method == "choice_text"
    assert grade("<answer>C or D</answer>", "C", choices=NUMBERS).reason == "hedged"


@pytest.mark.parametrize("dress", ["{}", "<answer>{}</answer>", "A. {}", "The answer is {}"])
def test_a_choice_that_differs_by_case_alone_is_itself(dress: str) -> None:
    choices = ("Dear Mrs. Erickson,", "Dear mrs. erickson,")
    assert grade(dress.format(choices[0]), "A", choices=choices).status == "correct"
    assert grade(dress.format(choices[0]), "B", choices=choices).status == "wrong"


def test_the_first_sentence_of_a_long_choice_names_it() -> None:
    choices = ("It takes up less room. The bed is small.", "It takes up more room. The bed is small.", "No. 7")
    assert grade("The answer is It takes up less room. The bed is small.", "A", choices=choices).status == "correct"
    assert grade("The answer is It takes up more room. The bed is small.", "A", choices=choices).status == "wrong"
    assert grade("No", "C", choices=choices).status == "wrong"


def test_what_is_denied_after_the_answer_is_no_second_one() -> None:
    assert grade("It is red, not blue.", "A", choices=("red", "blue")).status == "correct"
    assert grade("It is red, or maybe blue.", "A", choices=("red", "blue")).status == "wrong"
