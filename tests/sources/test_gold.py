import pytest

from ovlt_data.sources.draft import Draft, Unfit
from ovlt_data.sources.gold import settle_gold
from ovlt_data.types import AnswerType

NAMES = ("Ann", "Ben", "Carl", "Dora")


def settle(answer: str | int, choices: tuple[str, ...] = (), answer_type: AnswerType = "auto") -> tuple[str, str]:
    return settle_gold(Draft(origin="1", question="?", answer=answer, choices=choices, answer_type=answer_type))


@pytest.mark.parametrize(
    ("answer", "choices", "letter"),
    [
        pytest.param("C", NAMES, "C", id="letter"),
        pytest.param("(C)", NAMES, "C", id="letter_in_brackets"),
        pytest.param("c.", NAMES, "C", id="small_letter"),
        pytest.param("C)", NAMES, "C", id="half_bracket"),
        pytest.param("(B) Ben", NAMES, "B", id="letter_and_text"),
        pytest.param("B. ben", NAMES, "B", id="letter_and_text_with_full_stop"),
        pytest.param("Dora", NAMES, "D", id="text"),
        pytest.param(" dora ", NAMES, "D", id="text_in_another_case"),
        pytest.param(0, NAMES, "A", id="index_counts_from_0"),
        pytest.param(3, NAMES, "D", id="last_index"),
        pytest.param("3", ("1", "2", "3"), "C", id="a_number_in_a_text_is_the_choice"),
        pytest.param("C", ("A", "B", "C"), "C", id="choices_that_are_letters"),
        pytest.param("a b", ("x", "a  b"), "B", id="spaces_fold"),
        pytest.param("E", ("E", "F"), "A", id="a_text_that_looks_like_a_letter_out_of_range"),
        pytest.param("yes", ("yes", "no"), "A", id="yes_among_choices"),
        pytest.param("1,000", ("10", "1,000"), "B", id="commas_in_choices_stay"),
    ],
)
def test_the_gold_of_a_choice_problem_is_its_letter(answer: str | int, choices: tuple[str, ...], letter: str) -> None:
    assert settle(answer, choices, "text") == (letter, "choice")


@pytest.mark.parametrize(
    ("answer", "choices", "reason"),
    [
        pytest.param("", NAMES, "no_answer", id="empty"),
        pytest.param("  ", NAMES, "no_answer", id="blank"),
        pytest.param("Eve", NAMES, "no_such_choice", id="another_text"),
        pytest.param("C\nD", NAMES, "no_such_choice", id="two_letters"),
        pytest.param("E", NAMES, "no_such_choice", id="letter_out_of_range"),
        pytest.param("(B) Carl", NAMES, "no_such_choice", id="letter_and_text_differ"),
        pytest.param(4, NAMES, "no_such_choice", id="index_out_of_range"),
        pytest.param(-1, NAMES, "no_such_choice", id="negative_index"),
        pytest.param("2", NAMES, "no_such_choice", id="a_number_is_no_index"),
        pytest.param("A", ("B", "A"), "ambiguous_gold", id="letter_or_text"),
        pytest.param("5", ("5", "5", "6"), "ambiguous_gold", id="same_text_twice"),
        pytest.param("x", tuple(map(str, range(27))), "too_many_choices", id="more_choices_than_letters"),
    ],
)
def test_a_gold_that_names_no_one_choice_is_refused(answer: str | int, choices: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Unfit) as refused:
        settle(answer, choices)
    assert refused.value.kind == reason


@pytest.mark.parametrize(
    ("answer", "answer_type", "settled"),
    [
        ("13,802", "integer", ("13802", "integer")),
        ("1,234,567", "auto", ("1234567", "auto")),
        ("-2,750.50", "decimal", ("-2750.50", "decimal")),
        ("12,34", "auto", ("12,34", "auto")),
        ("1,234", "text", ("1,234", "text")),
        ("(1,234)", "auto", ("(1,234)", "auto")),
        ("3.46", "auto", ("3.46", "auto")),
        ("5/18", "number", ("5/18", "number")),
        ("7.80", "decimal", ("7.80", "decimal")),
        ("Yes", "auto", ("yes", "yes_no")),
        ("No.", "text", ("no", "yes_no")),
        ("yes", "yes_no", ("yes", "yes_no")),
        ("no", "set", ("no", "set")),
        ("None", "auto", ("None", "auto")),
        ("10:15 A.M.", "text", ("10:15 A.M.", "text")),
    ],
)
def test_other_golds_take_their_canonical_form(answer: str, answer_type: AnswerType, settled: tuple[str, str]) -> None:
    assert settle(answer, answer_type=answer_type) == settled


def test_no_answer_is_told() -> None:
    with pytest.raises(Unfit, match="no answer"):
        settle(" ")


def test_several_peoples_answers_are_compared_as_such() -> None:
    draft = Draft(origin="1", question="?", answer="yes", answers=("yes", "yes", "no"))
    assert settle_gold(draft) == ("yes", "vqa")
