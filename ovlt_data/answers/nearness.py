"""How near two numbers must be to be the same answer: the gold's own precision says.

A gold with k decimals takes whatever rounds to it, if it is at least as precise; an integer must be met exactly; an
exact gold (a fraction, a root) also takes a decimal of three digits or more that is its correct rounding. Units are
converted or refused. 50% is 0.5; it is 50 only where the gold, or the unit that was asked for, speaks of percent.
"""

from fractions import Fraction

from ovlt_data.answers.literals import Number
from ovlt_data.answers.numbers import PERCENT
from ovlt_data.answers.tokens import power_of_ten
from ovlt_data.answers.units import comparable, read_unit
from ovlt_data.answers.values import Value, near, rounds_to, same, scaled

_HALF = Fraction(1, 2)


def equal(number: Number, gold: Number, *, unit: str = "", precision: int | None = None) -> bool:
    """Whether `number` answers `gold`, whose question may name a unit and the places that it rounds to."""
    asked = unit.strip().lower()
    if asked in PERCENT:
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
    if (gold.percent and _measures(number)) or (number.percent and _measures(gold)):
        return None
    if number.unit is None or gold.unit is None or not _measures(number) or not _measures(gold):
        return None if number.noun and _measures(gold) else number
    if not comparable(number.unit, gold.unit):
        return None
    if number.unit.scale == gold.unit.scale:
        return number
    factor = number.unit.scale / gold.unit.scale
    return number._replace(value=scaled(number.value, factor), decimals=_places(number.decimals, factor))


def _measures(number: Number) -> bool:
    return number.unit is not None and bool(number.unit.dimensions)


def _places(decimals: int | None, factor: Fraction) -> int | None:
    """Of a decimal in another unit: a power of ten moves the point, anything else leaves no plain literal."""
    if decimals is None:
        return None
    above, below = factor.numerator, factor.denominator
    power = len(str(above)) - len(str(below))
    return decimals - power if factor == power_of_ten(power) else None


def _shifted(number: Number, power: int) -> Number:
    factor = power_of_ten(power)
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


def _is_whole(value: Value) -> bool:
    return isinstance(value, Fraction) and value.denominator == 1


def _stem(noun: str) -> str:
    return noun.removesuffix("s")
