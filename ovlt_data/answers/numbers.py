r"""Numbers as people write them, read exactly: 1,200 · .5 · 4 1/2 · 2\sqrt{221} · 50% · $1.40 · 1.2 million · 5 cm · three.

How near two numbers must be is set by the gold's own precision. A gold with k decimals takes whatever rounds to it, if
it is at least as precise; an integer must be met exactly; an exact gold (a fraction, a root) also takes a decimal of
three digits or more that is its correct rounding. 50% is 0.5; it is 50 only where the gold speaks of percent.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from ovlt_data.answers.maths import NotAFormula, constant, read
from ovlt_data.answers.number_words import ALL as NUMBER_WORDS
from ovlt_data.answers.number_words import SCALES, read_words
from ovlt_data.answers.phrases import without_lead_in
from ovlt_data.answers.units import Unit, comparable, read_unit
from ovlt_data.answers.values import Value, near, power_of, rounds_to, same, scaled, value_of


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
    r"(?P<sign>[-+]?) ?(?P<dollar>\$?) ?(?P<inner>-?)(?P<whole>\d{1,3}(?:,\d{3}){1,20}|\d{1,80})?(?:\.(?P<places>\d{0,80}))?"
    r" ?(?P<percent>%?)\.?"
)
_LITERAL = re.compile(
    r"(?P<mantissa>(?:\d{1,3}(?:,\d{3})++|\d{1,3}(?: \d{3})++|\d++)?(?:\.(?P<places>\d*+))?)"
    r"(?:[eE](?P<e>[-+]?\d{1,4})| ?[*x] ?10(?:\^\{?(?P<ten>[-+]?\d{1,4})\}?))?"
)
_CURRENCY = re.compile(r"(?P<sign>[-+]?) ?(?P<mark>[$€£¥₹]|USD|EUR|GBP|JPY|INR|US\$|Rs\.?) ?(?P<inner>[-+]?)")
_MARKS = {"€": "euro", "EUR": "euro", "£": "gbp", "GBP": "gbp", "¥": "yen", "JPY": "yen", "₹": "inr", "INR": "inr"}
_SUFFIX = re.compile(r"(?:(?<![\\A-Za-zΑ-Ωα-ω])(?!sqrt|pi\b|frac|[eE][-+]?\d)[A-Za-zΩ]|[°%¢])")
_EQUALS = re.compile(r"[=≈]")
_NAMED = re.compile(
    r"[∠△]? ?(?:[A-Za-zα-ωΑ-Ω]\w{0,2}'*(?:_\{?\w{1,8}\}?)?(?: ?\([A-Za-z]\))?|(?:[A-Za-z'∠]+ ){0,8}[A-Za-z]{3,}(?: [∠△]?\w{1,4})?)"
)
_MORE_THAN_ONE = re.compile(r"[;,]\s|\b(?:or|and)\b|\\{|±|\n", re.IGNORECASE)
_NOUN = re.compile(r"\s*+[A-Za-z][\w'-]*+(?: [A-Za-z][\w'-]*+){0,5}\.?")
_NO_NOUN = re.compile(
    r"\b(?:or|and|not|nor|to|minus|plus|times|versus|vs|than|if|but|out|over|hundredth|per)\b", re.IGNORECASE
)
_NOTHING = re.compile(r"(?:none|nothing|nobody|no(?: [a-z]+){0,2} [a-z]{2,}s)\.?", re.IGNORECASE)
_HALF = Fraction(1, 2)


def read_number(text: str) -> Number | None:
    """The one number that the text says; None where it says none, several, or something else as well."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None and (plain["whole"] or plain["places"]):
        return _plain(plain)
    if len(text) > 400:
        return None
    text = _right_side(text).strip().rstrip(".,;").strip()
    said = without_lead_in(text)
    return _read(text) or (_read(said) if said != text else None) or _read_nothing(said)


def _plain(match: re.Match[str]) -> Number:
    whole, places = (match["whole"] or "").replace(",", ""), match["places"] or ""
    number = int(whole + places)
    value = Fraction(number, 10 ** len(places)) if places else Fraction(number)
    if (match["sign"] == "-") != (match["inner"] == "-"):
        value = -value
    digits = len(str(number)) if number else 1
    unit = read_unit("dollar") if match["dollar"] else None
    return Number(value, len(places), digits, bool(places), bool(match["percent"]), unit)


def _right_side(text: str) -> str:
    """ "AB = 4" and "65 - 50 = 15" say their last side; "x^2 = 4" and "x = 4 or y = 5" don't."""
    pieces = _EQUALS.split(text)
    if len(pieces) == 1 or _MORE_THAN_ONE.search(text):
        return text
    first = pieces[0].strip()
    return pieces[-1] if not first or _NAMED.fullmatch(first) or _is_arithmetic(first) else text


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
    """A number with what may follow it: a scale, a percent sign, a unit, a noun."""
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
    if _is_difference(text):
        return None
    node = read(text)
    value = None if node is None else value_of(node)
    return None if value is None else Number(value)


def _sign(text: str) -> tuple[bool, str]:
    if text[:1] in ("-", "+"):
        return text[0] == "-", text[1:].lstrip()
    return False, text


_DIFFERENCE = re.compile(r"[-+]?[\d,.]++ ?%? ?- ?[\d,.]++ ?%?")


def _is_difference(text: str) -> bool:
    """ "10-3" is a range or an unfinished sum, not the number 7."""
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
    tens = power_of(Fraction(10), power)
    return Number(scaled(value, Fraction(tens)), places - power, max(1, len(significant)), places > 0)


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
    if lower in ("%", "percent", "per cent", "percentage"):
        return number._replace(percent=True)
    unit = read_unit(suffix)
    if unit is not None:
        return number._replace(unit=unit)
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


def equal(number: Number, gold: Number, *, unit: str = "", precision: int | None = None) -> bool:
    """Whether `number` answers `gold`, whose question may name a unit and the places that it rounds to."""
    asked = unit.strip().lower()
    if asked in ("%", "percent", "percentage", "per cent"):
        gold = gold._replace(percent=True)
    elif asked and gold.unit is None:
        gold = gold._replace(unit=read_unit(asked))
    return any(_agrees(reading, gold, precision) for reading in _readings(number, gold))


def _readings(number: Number, gold: Number) -> list[Number]:
    """The number in the gold's own terms; two of them where a bare number may stand for percent."""
    converted = _in_unit_of(number, gold)
    if converted is None:
        return []
    if converted.percent == gold.percent:
        return [converted]
    if converted.percent:
        return [_shifted(converted, -2)]
    return [converted, _shifted(converted, 2)]


def _in_unit_of(number: Number, gold: Number) -> Number | None:
    if gold.noun and (number.noun or number.unit):
        return number if _stem(number.noun) == _stem(gold.noun) else None
    if number.unit is None or gold.unit is None or not number.unit.dimensions or not gold.unit.dimensions:
        return number if not (number.noun and gold.unit and gold.unit.dimensions) else None
    if not comparable(number.unit, gold.unit):
        return None
    if number.unit.scale == gold.unit.scale:
        return number
    factor = number.unit.scale / gold.unit.scale
    return number._replace(value=scaled(number.value, factor), decimals=_places(number.decimals, factor))


def _places(decimals: int | None, factor: Fraction) -> int | None:
    """Of a decimal in another unit: a power of ten moves the point, anything else leaves no plain literal."""
    if decimals is None:
        return None
    above, below = factor.numerator, factor.denominator
    power = len(str(above)) - len(str(below))
    return decimals - power if factor == power_of(Fraction(10), power) else None


def _shifted(number: Number, power: int) -> Number:
    factor = Fraction(power_of(Fraction(10), power))
    decimals = None if number.decimals is None else number.decimals - power
    return number._replace(value=scaled(number.value, factor), decimals=decimals, percent=False)


def _agrees(number: Number, gold: Number, precision: int | None) -> bool:
    if same(number.value, gold.value):
        return True
    if precision is not None and precision > 0:
        return _rounds_to(number, gold, precision)
    if gold.pointed and gold.decimals is not None:
        return _rounds_to(number, gold, gold.decimals)
    if number.decimals is None or number.digits < 3 or _is_whole(gold.value):
        return False
    return near(number.value, gold.value, _HALF * power_of_ten(-number.decimals))


def _rounds_to(number: Number, gold: Number, places: int) -> bool:
    if number.decimals is not None and number.decimals < places:
        return False
    return rounds_to(number.value, gold.value, power_of_ten(-places))


def power_of_ten(power: int) -> Fraction:
    return Fraction(power_of(Fraction(10), power))


def _is_whole(value: Value) -> bool:
    return isinstance(value, Fraction) and value.denominator == 1


def _stem(noun: str) -> str:
    return noun.removesuffix("s")
