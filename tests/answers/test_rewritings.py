"""Rewritings that must not matter, and those that must, drawn at random; and how much work any text may cost."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.answers import grade_quickly
from ovlt_data.types import AnswerType

whole = st.integers(min_value=2, max_value=10**7)
words = st.text(alphabet="abcdefghijklmn", min_size=3, max_size=9)
_MAX_CALLS = 20_000

DRESSES: list[Callable[[str], str]] = [
    "  {}  ".format,
    "${}$".format,
    r"\( {} \)".format,
    r"\text{{{}}}".format,
    r"\left. {} \right.".format,
    "**{}**".format,
    "<answer>{}</answer>".format,
    "The answer is {}.".format,
    "<think>Let me see: 1, 2.</think>{}".format,
]


def _is_right(said: str, gold: str, kind: AnswerType = "expression") -> bool:
    verdict = grade_quickly(said, gold, answer_type=kind)
    return verdict is not None and verdict.status == "correct"


@given(number=whole, dress=st.sampled_from(DRESSES[:4] + DRESSES[5:]))
def test_no_dress_changes_a_number(number: int, dress: Callable[[str], str]) -> None:
    gold = str(number)
    for spelling in (gold, f"{number:,}", f"{number}.000", f"{number:,}".replace(",", "{,}")):
        assert _is_right(dress(spelling), gold, "number")
    assert not _is_right(dress(str(number + 1)), gold, "number")
    assert not _is_right(dress(f"-{number}"), gold, "number")


@given(a=whole, b=whole)
def test_no_spelling_of_tex_changes_a_formula(a: int, b: int) -> None:
    gold = rf"\frac{{{a}x}}{{{b}}} + y"
    for same in (gold.replace("frac", "dfrac"), gold.replace(" ", ""), rf"\left({gold}\right)", rf"$ {gold} $"):
        assert _is_right(same, gold)
    for other in (gold.replace("x", "z"), gold.replace("+", "-"), gold.replace(f"{{{b}}}", f"{{{b + 1}}}")):
        assert not _is_right(other, gold)


@given(word=words, dress=st.sampled_from(DRESSES[:1] + DRESSES[3:4] + DRESSES[5:]))
def test_no_dress_and_no_case_changes_a_word(word: str, dress: Callable[[str], str]) -> None:
    assert _is_right(dress(word.upper()), word, "text")
    assert not _is_right(dress(word + "z"), word, "text")


@given(numbers=st.lists(whole, min_size=2, max_size=5, unique=True), data=st.data())
def test_a_set_has_no_order_and_a_tuple_has(numbers: list[int], data: st.DataObject) -> None:
    turned = data.draw(st.permutations(numbers))
    inside, shuffled = (", ".join(map(str, items)) for items in (numbers, turned))
    assert _is_right(rf"\{{{shuffled}\}}", rf"\{{{inside}\}}")
    assert _is_right(f"({shuffled})", f"({inside})") == (turned == numbers)
    assert not _is_right(f"[{inside}]", f"({inside})")


@given(number=whole, units=st.permutations(["cm", "km", "hours", "kg", "feet"]))
def test_another_unit_is_another_answer(number: int, units: list[str]) -> None:
    gold = f"{number} {units[0]}"
    assert _is_right(gold, gold, "number")
    assert not _is_right(f"{number} {units[1]}", gold, "number")


@given(one=st.integers(-30, 30), other=st.integers(-30, 30), form=st.sampled_from(["{}x+1", "({},2)", "x={}", "{}"]))
def test_formulas_are_equal_both_ways(one: int, other: int, form: str) -> None:
    left, right = form.format(one), form.format(other)
    assert _is_right(left, right) == _is_right(right, left) == (one == other)


@given(low=st.integers(-99, 99), length=st.integers(1, 99), closed=st.tuples(st.booleans(), st.booleans()))
def test_an_interval_is_its_inequality_both_ways_and_its_ends_count(
    low: int, length: int, closed: tuple[bool, bool]
) -> None:
    high, (left, right) = low + length, closed
    above, under = ("≤" if left else "<"), ("≤" if right else "<")
    below = "≥" if left else ">"
    interval = f"{'[' if left else '('}{low}, {high}{']' if right else ')'}"
    inequality = f"{low} {above} x {under} {high}"
    both = rf"x {below} {low} \text{{ and }} x {under} {high}"
    for one, other in ((interval, inequality), (interval, both), (inequality, both)):
        assert _is_right(one, other)
        assert _is_right(other, one)
    assert not _is_right(inequality, f"{'(' if left else '['}{low}, {high}{']' if right else ')'}")
    assert not _is_right(interval, rf"\{{{low}, {high}\}}")


@given(cells=st.lists(st.integers(-99, 99), min_size=4, max_size=4), at=st.integers(0, 3))
def test_a_matrix_is_its_cells_in_any_brackets(cells: list[int], at: int) -> None:
    a, b, c, d = cells
    gold = rf"\begin{{pmatrix}}{a}&{b}\\{c}&{d}\end{{pmatrix}}"
    for same in (gold.replace("pmatrix", "bmatrix"), gold.replace("&", " & "), f"[[{a}, {b}], [{c}, {d}]]"):
        assert _is_right(same, gold)
    cells[at] += 1
    assert not _is_right("[[{}, {}], [{}, {}]]".format(*cells), gold)


@given(x=st.integers(-99, 99), y=st.integers(-99, 99))
def test_a_point_may_name_its_coordinates_in_any_order(x: int, y: int) -> None:
    for named in (f"x={x}, y={y}", f"y = {y}, x = {x}", rf"x={x} \text{{ and }} y={y}"):
        assert _is_right(named, f"({x},{y})")
        assert _is_right(f"({x},{y})", named)
        assert _is_right(named, f"({y},{x})") == (x == y)


@given(number=whole, factor=st.sampled_from([("cm", "mm", 10), ("m", "cm", 100), ("hours", "minutes", 60)]))
def test_a_converted_unit_is_the_same_both_ways(number: int, factor: tuple[str, str, int]) -> None:
    large, small, times = factor
    one, other = f"{number} {large}", f"{number * times} {small}"
    assert _is_right(one, other, "number")
    assert _is_right(other, one, "number")
    assert not _is_right(f"{number} {small}", one, "number")


@pytest.mark.parametrize("kind", ["number", "expression", "text", "set"])
@pytest.mark.parametrize("piece", ["9", "9,", "(", "{", "x ", "so 9 is ", "\\frac{", "Therefore, ", "\\boxed{"])
def test_work_is_bounded_whatever_the_text(piece: str, kind: AnswerType) -> None:
    """Counted in function calls, which no busy machine changes."""
    assert _calls(piece * 50_000, kind) < _MAX_CALLS


def _calls(said: str, kind: AnswerType) -> int:
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        grade_quickly(said, "9", answer_type=kind)
    finally:
        sys.setprofile(before)
    return count
