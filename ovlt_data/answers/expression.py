"""Formulas, equations, intervals, tuples and sets: taken apart here, decided piece by piece, without sympy.

Brackets mean something: [2,3] is not (2,3). A name before "=" does not ("y = x+1" answers "x+1"), unless both sides
name one. What is left undecided, roots of letters, sines, matrices, is the symbolic worker's.
"""

import re
from collections.abc import Sequence

from ovlt_data.answers.algebra import same_equation, same_formula
from ovlt_data.answers.maths import FUNCTIONS, Node, read
from ovlt_data.answers.numbers import equal, read_number
from ovlt_data.answers.phrases import is_hedged, without_lead_in
from ovlt_data.answers.quantity import compare_number
from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule
from ovlt_data.answers.text import tight

_MAX_PIECES = 32
_NAME = re.compile(r"(?:[∠△]? ?[A-Za-zθαβ]{1,3}(?:_\{?\w+\}?)?'*|[A-Za-z] ?\( ?[a-z](?: ?, ?[a-z])* ?\))")
_COMMAND = re.compile(r"\\(?:begin|end) ?\{[a-z*]+\}|\\[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_OPERATOR = re.compile(r"[\d+*/^=<>≤≥()\[\]\\π√∪∞±]|(?<=[A-Za-z]) ?- ?(?=[A-Za-z])")
_BELOW = re.compile(
    r"(?P<low>[^<≤>≥=]+)(?P<closed_low>[<≤])(?P<name>[^<≤>≥=]+)(?P<closed_high>[<≤])(?P<high>[^<≤>≥=]+)"
)
_BOUND = re.compile(r" ?(?P<name>[A-Za-z]) ?(?P<relation>[<≤>≥]) ?(?P<bound>[^<≤>≥=]+)")
_MEMBER = re.compile(r"^ ?[A-Za-z] ?∈ ?")
_UNION = re.compile(r"∪| or ")


def compare_expression(answer: str, gold: Gold) -> Ruling | None:
    if tight(answer) == tight(gold.text) != "":
        return rule(True, "expression")
    if read_number(gold.text) is not None:
        return compare_number(answer, gold)
    same = equal_formulas(answer, gold.text)
    said = without_lead_in(answer)
    if same is False and said != answer:
        same = equal_formulas(said, gold.text)
    if same is False and is_hedged(answer) and not is_hedged(gold.text):
        return hedged("expression")
    return None if same is None else rule(same, "expression")


def is_clearly_formula(text: str) -> bool:
    """As a gold of no declared type: it holds a digit, a relation or TeX, and no word."""
    return not _is_words(text) and _OPERATOR.search(text) is not None


def equal_formulas(answer: str, gold: str) -> bool | None:
    """None where only the symbolic worker can tell."""
    if tight(answer) == tight(gold) != "":
        return True
    if _is_words(gold) or _is_words(answer):
        return False
    answer, gold = _as_intervals(answer), _as_intervals(gold)
    for split in (_union, _set, _tuple, _bare_list):
        wanted = split(gold)
        if wanted is not None:
            return _equal_pieces(split(answer), wanted, ordered=split is _tuple)
        if split(answer) is not None:
            return None if "\\" in gold or "=" in gold else False
    if "=" in gold or "=" in answer:
        return _equal_equations(answer, gold)
    return _equal_single(answer, gold)


def _is_words(text: str) -> bool:
    """Letters that stand for a word, not for a product: "on", "domain"; but not 2xy or \\sin."""
    bare = _COMMAND.sub(" ", text)
    words = [word for word in _WORD.findall(bare) if word.lower() not in FUNCTIONS and word not in ("sqrt", "pi")]
    if not words:
        return False
    return any(len(word) > 3 for word in words) or _OPERATOR.search(text) is None


def _equal_single(answer: str, gold: str) -> bool | None:
    wanted = read_number(gold)
    if wanted is not None:
        said = read_number(answer)
        if said is not None:
            return equal(said, wanted)
    one, other = read(answer), read(gold)
    if one is None or other is None:
        return None
    return same_formula(one, other)


def _equal_equations(answer: str, gold: str) -> bool | None:
    left, right = _sides(answer), _sides(gold)
    if left is None or right is None:
        return None
    if len(left) == len(right) == 2:
        return _equal_sides(left, right)
    longer = left if len(left) == 2 else right
    if _NAME.fullmatch(longer[0].strip()) is None:
        return False
    return _equal_single(left[-1], right[-1])


def _equal_sides(left: Sequence[str], right: Sequence[str]) -> bool | None:
    if tight(left[0]) == tight(right[0]):
        return _equal_single(left[1], right[1])
    one, other = _difference(left), _difference(right)
    return None if one is None or other is None else same_equation(one, other)


def _sides(text: str) -> list[str] | None:
    sides = text.split("=")
    return sides if len(sides) <= 2 else None


def _difference(sides: Sequence[str]) -> Node | None:
    left, right = read(sides[0]), read(sides[1])
    if left is None or right is None:
        return None
    return Node("+", (left, Node("negative", (right,))))


def _equal_pieces(answer: list[str] | None, gold: list[str], *, ordered: bool) -> bool | None:
    """Brackets count as pieces, so that they are compared too."""
    if answer is None or len(answer) != len(gold) or len(gold) > _MAX_PIECES:
        return False
    if ordered:
        return _all(equal_formulas(one, other) for one, other in zip(answer, gold, strict=True))
    return _all(_any(equal_formulas(one, other) for one in answer) for other in gold)


def _all(answers: "object") -> bool | None:
    found = set(answers)  # type: ignore[call-overload]
    return False if False in found else None if None in found else True


def _any(answers: "object") -> bool | None:
    found = set(answers)  # type: ignore[call-overload]
    return True if True in found else None if None in found else False


def _union(text: str) -> list[str] | None:
    pieces = _UNION.split(text)
    return pieces if len(pieces) > 1 else None


def _set(text: str) -> list[str] | None:
    text = text.strip().replace("\\{", "{").replace("\\}", "}")
    if not (text.startswith("{") and text.endswith("}")) or "," not in text:
        return None
    return _at_commas(text[1:-1])


def _tuple(text: str) -> list[str] | None:
    text = text.strip()
    if text[:1] not in ("(", "[") or text[-1:] not in (")", "]"):
        return None
    pieces = _at_commas(text[1:-1])
    return [text[0], *pieces, text[-1]] if pieces is not None and len(pieces) > 1 else None


def _bare_list(text: str) -> list[str] | None:
    pieces = _at_commas(text)
    return pieces if pieces is not None and len(pieces) > 1 and read_number(text) is None else None


def _at_commas(text: str) -> list[str] | None:
    """Split where no bracket is open; None where brackets do not match."""
    pieces, depth, start = list[str](), 0, 0
    for at, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth < 0:
                return None
        elif character in ",;" and depth == 0:
            pieces.append(text[start:at].strip())
            start = at + 1
    return [*pieces, text[start:].strip()] if depth == 0 else None


def _as_intervals(text: str) -> str:
    """x ≥ 2 is [2, ∞); 1 < x ≤ 3 is (1, 3]."""
    text = _MEMBER.sub("", text)
    if not any(relation in text for relation in "<>≤≥"):
        return text
    return " ∪ ".join(_as_interval(piece) for piece in _UNION.split(text))


def _as_interval(text: str) -> str:
    between = _BELOW.fullmatch(text)
    if between is not None:
        low = "[" if between["closed_low"] == "≤" else "("
        return f"{low}{between['low']},{between['high']}{']' if between['closed_high'] == '≤' else ')'}"
    bound = _BOUND.fullmatch(text)
    if bound is None:
        return text
    if bound["relation"] in "<≤":
        return f"(-∞,{bound['bound']}{']' if bound['relation'] == '≤' else ')'}"
    return f"{'[' if bound['relation'] == '≥' else '('}{bound['bound']},∞)"
