"""Formulas, equations, intervals, tuples and sets: taken apart here, decided piece by piece, without sympy.

Brackets mean something: [2,3] is not (2,3). A name before "=" does not ("y = x+1" answers "x+1"), unless both sides
name one. What is left undecided, roots of letters, sines, matrix products, is the symbolic worker's.
"""

import re
from collections.abc import Iterable, Sequence

from ovlt_data.answers.algebra import same_equation, same_formula
from ovlt_data.answers.formulas import has_command, is_words
from ovlt_data.answers.intervals import as_intervals, union_pieces
from ovlt_data.answers.literals import is_difference
from ovlt_data.answers.maths import Node, read
from ovlt_data.answers.nearness import equal
from ovlt_data.answers.numbers import read_decimal_comma, read_number
from ovlt_data.answers.phrases import is_hedged, without_lead_in
from ovlt_data.answers.pieces import MAX_PIECES, as_tuples, at_equals, matrix_pieces, several, tuple_pieces
from ovlt_data.answers.quantity import compare_number
from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule
from ovlt_data.answers.text import tight

_NAME = re.compile(
    r"[∠△]? ?[A-Za-zα-ω]{1,3}(?:_\{?\w+\}?)?'*"
    r"|[A-Za-z](?:_\{?\w+\}?)? ?\( ?[a-z](?: ?, ?[a-z])* ?\)"
    r"|\( ?[a-z](?:_\d)?(?: ?, ?[a-z](?:_\d)?)* ?\)"
    r"|(?=.*[A-Z])(?:[A-Z\d_{}()|:∠△ ]|\\frac)+"  # a length or a ratio of lengths: |AB|, AB:CD, \frac{AB}{CD}
)
_FUNCTION = re.compile(r"[fgh] ?\( ?x ?\)")
_CALL = re.compile(r"([A-Za-z]) ?\( ?([a-z]) ?\)")
_BEFORE_BRACKET = re.compile(
    r"(?:the )?(?:point|coordinates?|interval|range|domain|vector|pair)s?:? (?=[(\[])|[A-Z]'?(?: ?= ?)?(?=\()",
    re.IGNORECASE,
)
_RELATION = re.compile(r"[<>≤≥≠∈|∪∩]")
_BRACKETS = frozenset({"(", ")", "[", "]", "\\\\"})
_NUMBERS_IN_A_ROW = re.compile(r"(?<![\w^.])\d[\d.]* +\d")


def compare_expression(answer: str, gold: Gold) -> Ruling | None:
    if tight(answer) == tight(gold.text) != "":
        return rule(True, "expression")
    answer = answer.rstrip(". ")
    if read_number(gold.text) is not None:
        return _compare_with_number(answer, gold)
    if _is_decimal_comma(answer, gold.text):
        return rule(True, "number")
    same = equal_formulas(answer, gold.text)
    said = _from_bracket(without_lead_in(answer)) if gold.text[:1] in ("(", "[") else without_lead_in(answer)
    if same is False and said != answer:
        same = equal_formulas(said, gold.text)
    if same is False and is_hedged(answer) and several(gold.text) is None:
        return hedged("expression")
    return None if same is None else rule(same, "expression")


def equal_formulas(answer: str, gold: str) -> bool | None:
    """None where only the symbolic worker can tell."""
    if tight(answer) == tight(gold) != "":
        return True
    if is_words(gold) or is_words(answer):
        return False
    answer, gold = as_intervals(answer), as_intervals(gold)
    if (answer[:1] == "(") != (gold[:1] == "("):
        answer, gold = as_tuples(answer), as_tuples(gold)
    for split in (union_pieces, matrix_pieces, tuple_pieces, several):
        said, wanted = split(answer), split(gold)
        if said is not None and wanted is not None:
            return _equal_pieces(said, wanted, ordered=split in (matrix_pieces, tuple_pieces))
        if said is not None or wanted is not None:
            return _unlike(answer, gold)
    if "=" in gold or "=" in answer:
        return _equal_equations(answer, gold)
    return _equal_single(answer, gold)


def _compare_with_number(answer: str, gold: Gold) -> Ruling | None:
    """A number may also be met by a formula that is no number until it is worked out: (2+i)(2-i) is 5."""
    ruling = compare_number(answer, gold)
    if ruling is None or ruling.status == "correct" or not equal_formulas(answer, gold.text):
        return ruling
    return rule(True, "expression")


def _is_decimal_comma(answer: str, gold: str) -> bool:
    """1.22 for 1,22, which may as well be two numbers: as such it is compared after this."""
    wanted = read_decimal_comma(gold)
    said = read_number(answer) if wanted is not None else None
    return wanted is not None and said is not None and equal(said, wanted)


def _from_bracket(text: str) -> str:
    """ "the point (2, 3)"."""
    match = _BEFORE_BRACKET.match(text)
    return text[match.end() :] if match else text


def _unlike(answer: str, gold: str) -> bool | None:
    """One has parts and the other has not: the same only if an equation or a set's name says so."""
    if "=" in answer or "=" in gold:
        return _equal_equations(answer, gold)
    if _RELATION.search(answer) or _RELATION.search(gold):
        return None
    return None if has_command(gold) and several(answer) is None else False


def _equal_single(answer: str, gold: str) -> bool | None:
    wanted = read_number(gold)
    if wanted is not None:
        said = read_number(answer)
        if said is not None:
            return equal(said, wanted)
    if any(_NUMBERS_IN_A_ROW.search(text) or is_difference(text) for text in (answer, gold)):
        return False
    one, other = read(answer), read(gold)
    if one is None or other is None:
        return None
    return same_formula(one, other)


def _equal_equations(answer: str, gold: str) -> bool | None:
    left, right = at_equals(answer), at_equals(gold)
    if len(left) == len(right) == 2:
        return _equal_sides(left, right)
    longer = left if len(left) > 1 else right
    if len(longer) == 1:
        return _equal_single(answer, gold)
    if len(left) > 1 and len(right) > 1:
        return None
    if len(longer) == 2 and _NAME.fullmatch(longer[0].strip()) is None:
        return False
    return equal_formulas(left[-1].strip(), right[-1].strip())


def _equal_sides(left: Sequence[str], right: Sequence[str]) -> bool | None:
    left = _of_same_letter(left, right)
    names = {tight(left[0]), tight(right[0])}
    if len(names) == 1 or ("y" in names and any(map(_FUNCTION.fullmatch, names))):
        return equal_formulas(left[1].strip(), right[1].strip())
    one, other = _difference(left), _difference(right)
    return None if one is None or other is None else same_equation(one, other)


def _of_same_letter(sides: Sequence[str], model: Sequence[str]) -> Sequence[str]:
    """f(t) = t^2 as f(x) = x^2: how a function calls its letter says nothing."""
    one, other = _CALL.fullmatch(sides[0].strip()), _CALL.fullmatch(model[0].strip())
    if one is None or other is None or one[1] != other[1] or one[2] == other[2] or other[2] in sides[1]:
        return sides
    return [model[0], re.sub(rf"(?<![A-Za-z]){one[2]}(?![A-Za-z])", other[2], sides[1])]


def _difference(sides: Sequence[str]) -> Node | None:
    left, right = read(sides[0]), read(sides[1])
    if left is None or right is None:
        return None
    return Node("+", (left, Node("negative", (right,))))


def _equal_pieces(said: list[str], wanted: list[str], *, ordered: bool) -> bool | None:
    if len(said) > MAX_PIECES or len(wanted) > MAX_PIECES:
        return False
    if ordered:
        pairs = zip(said, wanted, strict=False)
        return len(said) == len(wanted) and _all(_equal_piece(one, other) for one, other in pairs)
    table = [[equal_formulas(one, other) for other in wanted] for one in said]
    return _all([*map(_any, table), *map(_any, zip(*table, strict=True))])


def _equal_piece(one: str, other: str) -> bool | None:
    brackets = one in _BRACKETS or other in _BRACKETS
    return one == other if brackets else equal_formulas(one, other)


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return False if False in found else None if None in found else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return True if True in found else None if None in found else False
