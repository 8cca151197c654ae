"""Units as suffixes of a number: what they measure and how much of it.

A unit counts only where a number stands before it; "Monday" holds no day and "football" no foot. Two that measure
different things never agree, and of one kind they are converted: 50 cm is 0.5 m, 10 cm is not 10 m.
"""

import re
from fractions import Fraction
from typing import NamedTuple


class Unit(NamedTuple):
    dimensions: tuple[tuple[str, int], ...]
    """What it measures: (("length", 2),) for an area. Empty for "units", which say nothing."""
    scale: Fraction


_TABLE = """
length  m meter metre                       1
length  mm millimeter millimetre            1/1000
length  cm centimeter centimetre            1/100
length  dm decimeter decimetre              1/10
length  km kilometer kilometre              1000
length  in inch inche                       254/10000
length  ft foot feet                        3048/10000
length  yd yard                             9144/10000
length  mi mile                             1609344/1000
mass    g gram                              1
mass    mg milligram                        1/1000
mass    kg kilogram                         1000
mass    tonne                               1000000
mass    lb pound                            45359237/100000
mass    oz ounce                            28349523125/1000000000
time    s sec second                        1
time    ms millisecond                      1/1000
time    min minute                          60
time    h hr hour                           3600
time    day                                 86400
time    week                                604800
month   mo month                            1
month   yr year                             12
angle   ° deg degree                        1
radian  rad radian                          1
celsius °C celsius                          1
fahrenheit °F fahrenheit                    1
kelvin  K kelvin                            1
dollar  dollar buck usd                     1
dollar  cent ¢                              1/100
euro    euro eur                            1
sterling gbp                                1
yen     yen jpy                             1
rupee   rupee inr                           1
volume  L l liter litre                     1
volume  ml mL milliliter millilitre cc      1/1000
volume  gal gallon                          3785411784/1000000000
volume  qt quart                            946352946/1000000000
volume  pint                                473176473/1000000000
volume  cup                                 2365882365/10000000000
charge  mAh                                 1
force   N newton                            1
energy  J joule                             1
energy  kJ kilojoule                        1000
power   W watt                              1
power   kW kilowatt                         1000
voltage V volt                              1
current A amp ampere                        1
current mA milliampere                      1/1000
resistance Ω ohm                            1
pressure Pa pascal                          1
pressure kPa                                1000
frequency Hz hertz                          1
frequency kHz                               1000
amount  mol mole                            1
"""
_THERMOMETER = re.compile(r"^(?:°|degrees?) ?([CF])(?:elsius|ahrenheit)?$", re.IGNORECASE)
_COMPOUND = {"mph": "mi/h", "kph": "km/h", "kmph": "km/h", "mps": "m/s"}
_NEUTRAL = frozenset({"unit", "units", "u"})
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_PIECE = re.compile(
    r" *+(?P<word>°[CF]?(?![A-Za-z])|[A-Za-zΩ¢]++)\.?"
    r"(?: *+\^ *+\{? *+(?P<exponent>-?\d)(?!\d) *+\}?)?"
    r"(?P<bare>(?<=m)[23](?!\d))?(?P<raised> (?:squared|cubed))?|(?P<over> *+/)| *+[*]"
)


def _read_table() -> dict[str, tuple[str, Fraction]]:
    known: dict[str, tuple[str, Fraction]] = {}
    for line in _TABLE.strip().splitlines():
        dimension, *names, scale = line.split()
        known.update(dict.fromkeys(names, (dimension, Fraction(scale))))
    return known


_KNOWN = _read_table()


def read_unit(text: str) -> Unit | None:
    """`cm`, `square feet`, `m/s^2`, `miles per hour`, `°`; None for anything that is not wholly a unit."""
    text = text.strip().strip(".").replace("{", "").replace("}", "")
    if len(text) > 60 or not text:
        return None
    scale = _THERMOMETER.match(text) if text[0] in "°dD" else None
    if scale is not None:
        return SIMPLE["°" + scale[1].upper()]
    return SIMPLE.get(text) or _read(_COMPOUND.get(text.lower(), text))


def _read(text: str) -> Unit | None:
    powers: dict[str, int] = {}
    scale, sign, prefix, position = Fraction(1), 1, 1, 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            return None
        position = piece.end()
        word = piece["word"]
        if word is None or word == "per":
            sign = -1 if piece["over"] or word else sign
        elif word.lower() in _POWERS:
            prefix = _POWERS[word.lower()]
        elif word not in _NEUTRAL:
            base = _base(word)
            if base is None:
                return None
            power, prefix = sign * prefix * _raised(piece), 1
            powers[base[0]] = powers.get(base[0], 0) + power
            scale *= base[1] ** power
    return _unit(powers, scale)


def _raised(piece: re.Match[str]) -> int:
    if piece["raised"]:
        return 2 if "squared" in piece["raised"] else 3
    return int(piece["exponent"] or piece["bare"] or 1)


def _base(word: str) -> tuple[str, Fraction] | None:
    """Exactly as it is written (m is no M), or a longer name in any case and number."""
    if word in _KNOWN:
        return _KNOWN[word]
    lower = word.lower()
    if len(lower) > 2:
        return _KNOWN.get(lower) or _KNOWN.get(lower.removesuffix("s"))
    return _KNOWN.get(lower) if lower in ("cm", "mm", "km", "kg", "ft") else None


def _unit(powers: dict[str, int], scale: Fraction) -> Unit:
    """A volume is a length cubed: a litre is 0.001 m^3."""
    litres = powers.pop("volume", 0)
    if litres:
        powers["length"] = powers.get("length", 0) + 3 * litres
        scale *= Fraction(1, 1000) ** litres
    return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)), scale)


def comparable(one: Unit, other: Unit) -> bool:
    """Degrees may be of any thermometer."""
    if one.dimensions == other.dimensions:
        return True
    names = {one.dimensions, other.dimensions}
    return (("angle", 1),) in names and bool(names & {(("celsius", 1),), (("fahrenheit", 1),)})


SIMPLE = {
    name: unit for word in _KNOWN for name in (word, f"{word}s" if len(word) > 2 else word) if (unit := _read(name))
}
"""Units of one word, in the singular and the plural: nearly all that occur."""
