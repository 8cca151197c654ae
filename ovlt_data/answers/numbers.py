r"""Numbers as people write them, read exactly: 1,200 · .5 · 4 1/2 · 2\sqrt{221} · 50% · $1.40 · 1.2 million · 5 cm.

A text says a number when it says one and nothing that weighs, denies or adds to it. How precisely it was written is
kept beside the value, because that decides what may stand for it.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ovlt_data.answers.maths import NotAFormula, constant, power_of_ten, read
from ovlt_data.answers.number_words import ALL as NUMBER_WORDS
from ovlt_data.answers.number_words import SCALES, read_words
from ovlt_data.answers.phrases import without_connector, without_lead_in
from ovlt_data.answers.units import Unit, read_unit
from ovlt_data.answers.values import Value, scaled, value_of


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
    r"(?P<whole>\d{1,3}(?:,\d{3}){1,20}|\d{1,80})?(?:\.(?P<places>\d{0,80}))? ?(?P<percent>%?)\.?"
)
_LITERAL = re.compile(
    r"(?P<mantissa>(?:\d{1,3}(?:,\d{3})++|\d{1,3}(?: \d{3})++|\d++)?(?:\.(?P<places>\d*+))?)"
    r"(?:[eE](?P<e>[-+]?\d{1,4})| ?[*x] ?10(?:\^\{?(?P<ten>[-+]?\d{1,4})\}?))?"
)
_RECURRING = re.compile(r"(?P<whole>\d{0,40})\.(?P<fixed>\d{0,40})\\overline ?\{(?P<period>\d{1,40})\}")
_CURRENCY = re.compile(r"(?P<sign>[-+]?) ?(?P<mark>[$€£¥₹]|USD|EUR|GBP|JPY|INR|US\$|Rs\.?) ?(?P<inner>[-+]?)")
_MARKS = {"€": "euro", "EUR": "euro", "£": "gbp", "GBP": "gbp", "¥": "yen", "JPY": "yen", "₹": "inr", "INR": "inr"}
_SUFFIX = re.compile(r"(?:(?<![\\A-Za-zΑ-Ωα-ω])(?!sqrt|pi\b|frac|[eE][-+]?\d)[A-Za-zΩ]|[°%¢$€£¥₹])")
_NAMED = re.compile(
    r"(?:m ?)?[∠△]? ?(?:[A-Za-zα-ωΑ-Ω]\w{0,2}'*(?:_\{?\w{1,8}\}?)?(?: ?\([A-Za-z]\))?"
    r"|(?:[A-Za-z'∠]+ ){0,8}[A-Za-z]{3,}(?: [∠△]?\w{1,4})?)"
)
_MORE_THAN_ONE = re.compile(r"=.*\band\b|\band\b.*=|;|,(?!\d{3}(?!\d))|\bor\b|\\{|±|\n", re.IGNORECASE)
_NOUN = re.compile(r"\s*+[A-Za-z][\w'-]*+(?: [A-Za-z][\w'-]*+){0,5}\.?")
_NO_NOUN = re.compile(
    r"\b(?:or|and|not|nor|to|minus|plus|times|versus|vs|than|if|but|out|over|hundredth|per)\b", re.IGNORECASE
)
_NEGATIVE = re.compile(r"^(?:negative|minus) (?=[\d.$\\])", re.IGNORECASE)
_AND_FRACTION = re.compile(r"(?<=\d) and (?=\d+ ?/ ?\d)")
_REMARK = re.compile(r"(?<=\S) \((?!or\b|not\b)[A-Za-z][A-Za-z ]*\)$")
_TWO_UNITS = re.compile(r"(?P<large>[^,]*[A-Za-z])(?:,| and)? (?P<small>[\w.]+ ?[A-Za-z]+)\.?")
_RATE = re.compile(r"(?:per|each|apiece)\b[A-Za-z ]*")
_NOTHING = re.compile(r"(?:none|nothing|nobody|no(?: [a-z]+){0,2} [a-z]{2,}s)\.?", re.IGNORECASE)
PERCENT = frozenset({"%", "percent", "per cent", "percentage", "pct"})
_DECIMAL_COMMA = re.compile(r"[-+]?\d{1,20},(?:\d{1,2}|\d{4,20})")


@lru_cache(maxsize=4_096)
def read_number(text: str) -> Number | None:
    """The one number that the text says; None where it says none, several, or something else as well."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None and (plain["whole"] or plain["places"]):
        return _plain(plain)
    if len(text) > 400:
        return None
    for side in _sides(text.lstrip("~ ").rstrip(" .,;?")):
        number = _read(side) or _read_lead_in(side)
        if number is not None:
            return number
    return None


def read_decimal_comma(text: str) -> Number | None:
    """1,22 as a decimal: for an answer to a question whose gold is one number, where it can't be a list."""
    return read_number(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else None


def _read_lead_in(text: str) -> Number | None:
    said = without_lead_in(text)
    return (_read(said) if said != text else None) or _read_nothing(said)


def _plain(match: re.Match[str]) -> Number:
    whole, places = (match["whole"] or "").replace(",", ""), match["places"] or ""
    number = int(whole + places)
    value = Fraction(number, 10 ** len(places)) if places else Fraction(number)
    if (match["sign"] == "-") != (match["inner"] == "-"):
        value = -value
    digits = len(str(number)) if number else 1
    unit = read_unit("dollar") if match["dollar"] else None
    return Number(value, len(places), digits, bool(places), bool(match["percent"]), unit)


def _sides(text: str) -> list[str]:
    """ "AB = 4" and "65 - 50 = 15" say their last side, "x = 2√3 ≈ 3.46" the exact one first; "x^2 = 4" none."""
    exact, approximate, rounded = without_connector(text).partition("≈")
    sides = exact.split("=")
    if _MORE_THAN_ONE.search(text) or "≈" in rounded:
        return []
    first = without_connector(sides[0].strip())
    named = not first or _NAMED.fullmatch(first) is not None or _is_arithmetic(first)
    if len(sides) == 1:
        found = [rounded] if approximate and named else [] if approximate else [text]
    else:
        found = [sides[-1], *([rounded] if approximate else [])] if named else []
    return [side.strip().rstrip(".,;?").strip() for side in found]


def _is_arithmetic(text: str) -> bool:
    node = read(text)
    return node is not None and value_of(node) is not None


def _read(text: str) -> Number | None:
    sign, unit, text = _currency(text)
    number = _measured(text)
    if number is None:
        return None
    if unit is not None and number.unit is not None:
        return None
    return number._replace(value=sign * number.value if sign < 0 else number.value, unit=unit or number.unit)


def _currency(text: str) -> tuple[int, Unit | None, str]:
    match = _CURRENCY.match(text)
    if match is None:
        return 1, None, text
    sign = -1 if (match["sign"] == "-") != (match["inner"] == "-") else 1
    return sign, read_unit(_MARKS.get(match["mark"], "dollar")), text[match.end() :]


def _measured(text: str) -> Number | None:
    """A number with what may follow it: a scale, a percent sign, a unit, a noun, a smaller unit."""
    text = _REMARK.sub("", _AND_FRACTION.sub(" ", _NEGATIVE.sub("-", text)))
    return _single(text) or _compound(text)


def _compound(text: str) -> Number | None:
    """5 feet 3 inches, 1 dollar and 40 cents."""
    match = _TWO_UNITS.fullmatch(text)
    if match is None:
        return None
    large, small = _single(match["large"]), _single(match["small"])
    if large is None or small is None or large.unit is None or small.unit is None:
        return None
    if large.unit.dimensions != small.unit.dimensions or large.unit.scale <= small.unit.scale:
        return None
    high, low = scaled(large.value, large.unit.scale), scaled(small.value, small.unit.scale)
    if not isinstance(high, Fraction) or not isinstance(low, Fraction):
        return None
    return Number(high + low, unit=large.unit._replace(scale=Fraction(1)))


def _single(text: str) -> Number | None:
    number = _core(text)
    if number is not None:
        return number
    start = _SUFFIX.search(text)
    if start is None:
        return None
    if start.start() == 0 or text[: start.start()].strip() in ("-", "+"):
        return _spoken(text)
    number = _core(text[: start.start()].strip())
    return None if number is None else _with_suffix(number, text[start.start() :], tight=text[start.start() - 1] != " ")


def _core(text: str) -> Number | None:
    """The number proper, as a literal or as a formula without letters."""
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


_DIFFERENCE = re.compile(r"[-+]?[\d,.]++ ?%?(?: ?- ?[\d,.]++ ?%?)++")


def is_difference(text: str) -> bool:
    """ "10-3" is a range or an unfinished sum, not the number 7; 2020-05-01 is a date."""
    return _DIFFERENCE.fullmatch(text) is not None


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


def _spoken(text: str) -> Number | None:
    said = read_words(text)
    if said is None:
        return None
    number = Number(said.value)
    rest = said.rest.strip().rstrip(".")
    return number if not rest else _with_suffix(number, rest, tight=False)


def _with_suffix(number: Number, suffix: str, *, tight: bool) -> Number | None:
    suffix = suffix.strip()
    number, suffix = _scaled(number, suffix)
    if not suffix:
        return number
    lower = suffix.rstrip(".").lower()
    if lower in PERCENT:
        return number._replace(percent=True)
    unit = read_unit(suffix)
    if unit is None and _RATE.fullmatch(lower):
        return number
    if unit is not None:
        return number._replace(unit=unit)
    if suffix in _MARKS or suffix == "$":
        return number._replace(unit=read_unit(_MARKS.get(suffix, "dollar")))
    if tight or not _NOUN.fullmatch(suffix) or _NO_NOUN.search(suffix) or _counts_again(lower):
        return None
    return number._replace(noun=lower.split()[-1]) if len(lower) > 2 else None


def _counts_again(phrase: str) -> bool:
    return any(word in NUMBER_WORDS for word in re.split(r"[\s-]", phrase))


def _scaled(number: Number, suffix: str) -> tuple[Number, str]:
    """1.2 million, 3 dozen."""
    for _ in range(2):
        word, _, rest = suffix.partition(" ")
        scale = SCALES.get(word.lower().rstrip("."))
        if scale is None:
            break
        shift = len(str(scale)) - 1
        decimals = None if number.decimals is None or scale == 12 else number.decimals - shift
        number = number._replace(value=scaled(number.value, Fraction(scale)), decimals=decimals)
        suffix = rest.strip()
    return number, suffix


def _read_nothing(text: str) -> Number | None:
    """ "none", "no cubes": zero. "no one knows" is no count."""
    if _NOTHING.fullmatch(text) and not _counts_again(text.lower().removeprefix("none")):
        return Number(Fraction(0))
    return None
