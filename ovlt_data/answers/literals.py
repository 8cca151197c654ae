r"""Bare numbers, read exactly: 1,200 · .5 · 4 1/2 · 1.2e6 · 1.2\overline{3} · 2\sqrt{221} · 25\pi.

How precisely a number was written is kept beside its value, because that decides what may stand for it.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from ovlt_data.answers.maths import read
from ovlt_data.answers.tokens import NotAFormula, constant, power_of_ten
from ovlt_data.answers.units import Unit, read_unit
from ovlt_data.answers.values import Value, value_of


class Number(NamedTuple):
    value: Value
    """As written: of 50% it is 50, of 5 cm it is 5."""
    decimals: int | None = None
    """Places after the point of a plain literal, less its power of ten; None for a formula, which is exact."""
    digits: int = 0
    """Significant digits of a plain literal."""
    pointed: bool = False
    """Written with a decimal point, so that it may be rounded."""
    percent: bool = False
    unit: Unit | None = None
    noun: str = ""


_PLAIN = re.compile(
    r"(?P<sign>[-+]?) ?(?P<dollar>\$?) ?(?P<inner>-?)"
    r"(?P<whole>[1-9]\d{0,2}(?:,\d{3}){1,20}|\d{1,80})?(?:\.(?P<places>\d{0,80}))? ?(?P<percent>%?)\.?"
)
_PLAIN_ENDS = frozenset("0123456789%.")
_LITERAL = re.compile(
    r"(?P<mantissa>(?:[1-9]\d{0,2}(?:,\d{3})++|\d{1,3}(?: \d{3})++|\d++)?(?:\.(?P<places>\d*+))?)"
    r"(?:[eE](?P<e>[-+]?\d{1,4})| ?[*x] ?10(?:\^\{?(?P<ten>[-+]?\d{1,4})\}?))?"
)
_RECURRING = re.compile(r"(?P<whole>\d{0,40})\.(?P<fixed>\d{0,40})\\overline ?\{(?P<period>\d{1,40})\}")
_DIFFERENCE = re.compile(r"[-+]?[\d,.]++(?<!,) ?%?(?: ?- ?[\d,.]++(?<!,) ?%?)++")


def read_plain(text: str) -> Number | None:
    """The common case, in one look: -12,345.60, $7, 50%."""
    match = _PLAIN.fullmatch(text) if text[-1:] in _PLAIN_ENDS else None
    if match is None:
        return None
    sign, dollar, inner, whole, places, percent = match.groups("")
    if not whole and not places:
        return None
    digits = whole.replace(",", "") + places
    value = Fraction(int(digits), 10 ** len(places)) if places else Fraction(int(digits))
    if (sign == "-") != (inner == "-"):
        value = -value
    unit = read_unit("dollar") if dollar else None
    return Number(value, len(places), len(digits.lstrip("0")) or 1, bool(places), bool(percent), unit)


def read_bare(text: str) -> Number | None:
    """A number and nothing else, as a literal or as a formula without letters."""
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1].strip()
    negative, digits = _sign(text)
    match = _LITERAL.fullmatch(digits)
    if match is not None and any(character.isdigit() for character in match["mantissa"]):
        number = _literal(match)
        return number._replace(value=-number.value) if number and negative else number
    if is_difference(text):
        return None
    recurring = _recurring(digits)
    if recurring is not None:
        return Number(-recurring if negative else recurring)
    node = read(text)
    value = None if node is None else value_of(node)
    return None if value is None else Number(value)


def is_difference(text: str) -> bool:
    """ "10-3" is a range or an unfinished sum, not the number 7; 2020-05-01 is a date."""
    return _DIFFERENCE.fullmatch(text) is not None


def _recurring(text: str) -> Fraction | None:
    r"""1.2\overline{3} is 1.2 and a third of a tenth."""
    match = _RECURRING.fullmatch(text)
    if match is None:
        return None
    fixed, period = match["fixed"], match["period"]
    before = Fraction(int(match["whole"] + fixed or "0"), 10 ** len(fixed))
    return before + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(fixed))


def _sign(text: str) -> tuple[bool, str]:
    if text[:1] in ("-", "+"):
        return text[0] == "-", text[1:].lstrip()
    return False, text


def _literal(match: re.Match[str]) -> Number | None:
    try:
        value = constant(match["mantissa"])
    except NotAFormula:
        return None
    power = int(match["e"] or match["ten"] or 0)
    if abs(power) > 400:
        return None
    places = len(match["places"] or "")
    significant = match["mantissa"].replace(",", "").replace(" ", "").replace(".", "").lstrip("0")
    return Number(value * power_of_ten(power), places - power, max(1, len(significant)), places > 0)
