"""What must hold for any answer whatever."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlt_data.answers import extract, grade_quickly
from ovlt_data.types import AnswerType

KINDS: list[AnswerType] = list(get_args(AnswerType))
CHOICES = ("red", "12", r"\frac{1}{2}", "x+1")

PIECES = r"""
\frac \sqrt { } ( ) ^ x 12 . , = <answer> </answer> </think> \boxed{ A or not % $ - ² million cm ± ∪ ≤ ! ' " _ & \\
"""
pieces = st.sampled_from([*PIECES.split(), " ", "\n", "\x00", "\ud800"])
junk = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=24).map("".join))
whole = st.integers(min_value=-(10**9), max_value=10**9)


def _status(said: str, gold: str, kind: AnswerType = "number") -> str:
    verdict = grade_quickly(said, gold, answer_type=kind)
    return "undecided" if verdict is None else verdict.status


@given(said=junk, gold=junk, kind=st.sampled_from(KINDS))
@settings(max_examples=400)
def test_no_text_makes_it_raise(said: str, gold: str, kind: AnswerType) -> None:
    verdict = grade_quickly(said, gold, answer_type=kind, choices=CHOICES if kind == "choice" else ())
    assert verdict is None or verdict.status in ("correct", "wrong", "unscorable")


@given(said=junk, gold=junk, unit=junk, precision=st.integers(-3, 40), answers=st.lists(junk, max_size=4))
def test_nothing_that_a_problem_says_makes_it_raise(
    said: str, gold: str, unit: str, precision: int, answers: list[str]
) -> None:
    for choices in ((), (gold, unit), tuple(answers)):
        verdict = grade_quickly(said, gold, unit=unit, precision=precision, answers=answers, choices=choices)
        assert verdict is None or verdict.status in ("correct", "wrong", "unscorable")


@given(gold=junk, kind=st.sampled_from(KINDS))
def test_no_answer_is_never_correct(gold: str, kind: AnswerType) -> None:
    for nothing in ("", " \n", "<answer></answer>", f"<think>{gold}"):
        if extract(nothing).value is None:
            verdict = grade_quickly(nothing, gold, answer_type=kind)
            assert verdict is not None
            assert verdict.status != "correct"


@given(number=whole)
def test_a_whole_number_is_itself_in_every_spelling(number: int) -> None:
    spellings = [
        f"{number:,}",
        f"{number}.0",
        f"${number}$",
        f"<answer>{number} cm</answer>",
        f"x = {number}",
        f"\\boxed{{{number}}}",
    ]
    assert [_status(said, str(number)) for said in spellings] == ["correct"] * len(spellings)


@given(number=whole, step=st.integers(min_value=1, max_value=1000))
def test_another_whole_number_is_wrong_both_ways(number: int, step: int) -> None:
    other = number + step
    assert _status(str(number), str(other)) == _status(str(other), str(number)) == "wrong"
    assert _status(f"{number} or {other}", str(number)) == "wrong"


@given(above=st.integers(1, 999), below=st.integers(1, 999), factor=st.integers(2, 9))
def test_a_fraction_may_be_widened_and_its_parts_may_not_be_swapped(above: int, below: int, factor: int) -> None:
    gold = f"{above}/{below}"
    assert _status(rf"\frac{{{above * factor}}}{{{below * factor}}}", gold) == "correct"
    assert (_status(f"{below}/{above}", gold) == "correct") == (above == below)


@given(
    cents=st.integers(min_value=1, max_value=10**7),
    more=st.integers(min_value=-4, max_value=4),
)
def test_a_decimal_takes_what_rounds_to_it_and_nothing_shorter(cents: int, more: int) -> None:
    gold = f"{cents / 100:.2f}"
    assert _status(f"{(cents * 10 + more) / 1000:.3f}", gold) == "correct"
    assert _status(f"{(cents + 1) / 100:.2f}", gold) == "wrong"


@given(numbers=st.lists(whole, min_size=2, max_size=5, unique=True))
def test_a_set_has_no_order_and_a_list_has(numbers: list[int]) -> None:
    gold, turned = str(numbers), str(numbers[::-1])
    assert _status(turned, gold, "set") == "correct"
    assert _status(turned, gold, "list") == "wrong"
    assert _status(str(numbers[:-1]), gold, "set") == _status(str(numbers[:-1]), gold, "list") == "wrong"


@given(a=st.integers(-20, 20), b=st.integers(-20, 20))
def test_a_product_is_its_expansion(a: int, b: int) -> None:
    gold = f"x^2 + ({a + b})x + ({a * b})"
    assert _status(f"(x+({a}))(x+({b}))", gold, "expression") == "correct"
    assert _status(f"(x+({a}))(x+({b}))+1", gold, "expression") == "wrong"


@given(word=st.text(alphabet="abcdefghij", min_size=3, max_size=8))
@pytest.mark.parametrize("kind", ["text", "auto"])
def test_a_word_is_no_anagram_and_no_part_of_itself(word: str, kind: AnswerType) -> None:
    assert _status(word.upper() + ".", word, kind) == "correct"
    assert _status(word[:-1], word, kind) == "wrong"
    assert (_status(word[::-1], word, kind) == "correct") == (word == word[::-1])


@given(letter=st.sampled_from("ABCD"), other=st.sampled_from("ABCD"))
def test_a_letter_is_its_choice_and_two_are_a_hedge(letter: str, other: str) -> None:
    verdict = grade_quickly(f"({letter})", other, choices=CHOICES)
    assert verdict is not None
    assert (verdict.status == "correct") == (letter == other)
    hedged = grade_quickly(f"{letter} or {'ABCD'[('ABCD'.index(letter) + 1) % 4]}", letter, choices=CHOICES)
    assert hedged is not None
    assert hedged.status == "wrong"
