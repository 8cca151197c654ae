"""The one number that a text says: "x = 4", "There are 3 red cubes", "$1.40", "50%", "1.2 million", "5 feet 3 inches".

It says a number when it says one, and nothing that weighs, denies or adds to it: "4 or 5", "not 4", "4x" and "x^2 = 4"
say none. What stands around the number is known by its place: a name before an equals sign, a currency before it, a
scale, a percent sign, a unit or a noun after it.
"""

import re
from fractions import Fraction
from functools import lru_cache

from ovlt_data.answers.literals import Number, read_bare, read_plain
from ovlt_data.answers.maths import read
from ovlt_data.answers.number_words import ALL as NUMBER_WORDS
from ovlt_data.answers.number_words import SCALES, read_words
from ovlt_data.answers.phrases import without_connector, without_lead_in
from ovlt_data.answers.units import SIMPLE, Unit, read_unit
from ovlt_data.answers.values import scaled, value_of

_CURRENCY = re.compile(r"(?P<sign>[-+]?) ?(?P<mark>[$€£¥₹]|USD|EUR|GBP|JPY|INR|US\$|Rs\.?) ?(?P<inner>[-+]?)")
_MARKS = {"€": "euro", "EUR": "euro", "£": "gbp", "GBP": "gbp", "¥": "yen", "JPY": "yen", "₹": "inr", "INR": "inr"}
_SUFFIX = re.compile(r"(?:(?<![\\A-Za-zΑ-Ωα-ορ-ω])(?!sqrt|pi\b|x ?10|[eE][-+]?\d)[A-Za-zΩ]|[°%¢$€£¥₹])")
_NAMED = re.compile(
    r"(?:m ?)?[∠△]? ?(?:[A-Za-zα-ωΑ-Ω]\w{0,2}'*(?:_\{?\w{1,8}\}?)?(?: ?\([A-Za-z]\))?"
    r"|(?:[A-Za-z'∠]+ ){0,8}[A-Za-z]{3,}(?: [∠△]?\w{1,4})?)"
)
_MORE_THAN_ONE = re.compile(r"=.*\band\b|\band\b.*=|;|,(?!\d{3}(?!\d))|\bor\b|\\{|±|\n", re.IGNORECASE)
_NOUN = re.compile(r"\s*+[A-Za-z][\w'-]*+(?: [A-Za-z][\w'-]*+){0,5}\.?")
_NO_NOUN = re.compile(
    r"\b(?:or|and|not|nor|to|minus|plus|times|versus|vs|than|if|but|out|over|hundredth|per|wrong|incorrect|false)\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"^(?:negative|minus) (?=[\d.$\\])", re.IGNORECASE)
_AND_FRACTION = re.compile(r"(?<=\d) and (?=\d+ ?/ ?\d)")
_REMARK = re.compile(r"(?<=\S) \((?!or\b|not\b)[A-Za-z][A-Za-z ]*\)$")
_REASON = re.compile(r",? (?:because|since)\b|, not |\n+(?:Explanation|Reason(?:ing)?):")
_TWO_UNITS = re.compile(r"(?P<large>[^,]*?[A-Za-z])(?:,|,? and)? (?P<small>[\w.]+ ?[A-Za-z]+)\.?")
_RATE = re.compile(r"(?:per|each|apiece)\b[A-Za-z ]*")
_NOTHING = re.compile(r"(?:none|nothing|nobody|no(?: [a-z]+){0,2} [a-z]{2,}s)\.?", re.IGNORECASE)
PERCENT = frozenset({"%", "percent", "per cent", "percentage", "pct"})
_DECIMAL_COMMA = re.compile(r"[-+]?(?:0,\d{1,20}|\d{1,20},(?:\d{1,2}|\d{4,20}))")
_COMMON = re.compile(r"(?P<number>[-+]?[\d,]*\.?\d+)(?P<space> ?)(?P<suffix>[A-Za-z]{1,20}|°)\.?")
_MAX_LENGTH = 400


@lru_cache(maxsize=4_096)
def read_number(text: str) -> Number | None:
    """The one number that the text says; None where it says none, several, or something else as well."""
    plain = read_plain(text)
    if plain is not None or len(text) > _MAX_LENGTH:
        return plain
    common = _COMMON.fullmatch(text)
    if common is not None:
        number = read_plain(common["number"])
        number = number and _with_suffix(number, common["suffix"], tight=not common["space"])
        if number is not None:
            return number
    said = _REASON.split(text, maxsplit=1)[0]
    for side in _sides(said.lstrip("~ ").rstrip(" .,;?")):
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


def _sides(text: str) -> list[str]:
    """ "AB = 4" and "65 - 50 = 15" say their last side, "x = 2√3 ≈ 3.46" the exact one first; "x^2 = 4" none."""
    exact, approximate, rounded = without_connector(text).partition("≈")
    sides = exact.split("=")
    if _MORE_THAN_ONE.search(text) or "≈" in rounded:
        return []
    if len(sides) == 1 and not approximate:
        return [text.strip().rstrip(".,;?").strip()]
    first = without_connector(sides[0].strip())
    named = (
        not first or _NAMED.fullmatch(first) is not None or _is_arithmetic(without_lead_in(first)) or _has_unit(first)
    )
    if len(sides) == 1:
        found = [rounded] if named else []
    else:
        found = [sides[-1], *([rounded] if approximate else [])] if named else []
    return [side.strip().rstrip(".,;?").strip() for side in found]


def _is_arithmetic(text: str) -> bool:
    node = read(text)
    return node is not None and value_of(node) is not None


def _has_unit(text: str) -> bool:
    """ "50 cm = 0.5 m"."""
    number = _read(text)
    return number is not None and number.unit is not None


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
    if not isinstance(large.value, Fraction) or not isinstance(small.value, Fraction):
        return None
    return Number(large.value + small.value * small.unit.scale / large.unit.scale, unit=large.unit)


def _single(text: str) -> Number | None:
    start = _SUFFIX.search(text)
    if start is None:
        return read_bare(text)
    if start.start() == 0 or text[: start.start()].strip() in ("-", "+"):
        return _spoken(text)
    number = read_bare(text[: start.start()].strip())
    return None if number is None else _with_suffix(number, text[start.start() :], tight=text[start.start() - 1] != " ")


def _spoken(text: str) -> Number | None:
    said = read_words(text)
    if said is None:
        return None
    number = Number(said.value)
    rest = said.rest.strip().rstrip(".")
    return number if not rest else _with_suffix(number, rest, tight=False)


def _with_suffix(number: Number, suffix: str, *, tight: bool) -> Number | None:
    suffix = suffix.strip()
    unit = SIMPLE.get(suffix)
    if unit is not None:
        return number._replace(unit=unit)
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
    return any(word in NUMBER_WORDS for word in phrase.replace("-", " ").split())


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
