"""The value of a formula without letters: an exact Fraction as long as it is rational, else 60 digits.

Two short formulas that agree to 45 digits are the same number. Every power and factorial is measured before it is
taken, so that no input can make a number of more than some thousand digits.
"""

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import factorial, isqrt

from ovlt_data.answers.maths import Node

Value = Fraction | Decimal

_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")
_CONTEXT = Context(prec=60, Emax=9_999, Emin=-9_999)
_AGREE = Decimal("1e-45")
_MAX_BITS = 7_000
_MAX_FACTORIAL = 500


class NoValue(ValueError):
    """It holds letters or functions, divides by zero, or is larger than any answer."""


def value_of(node: Node) -> Value | None:
    try:
        with localcontext(_CONTEXT):
            return _value(node)
    except (NoValue, ArithmeticError):
        return None


def same(one: Value, other: Value) -> bool:
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one == other
    with localcontext(_CONTEXT):
        left, right = decimal(one), decimal(other)
        return abs(left - right) <= _AGREE * max(abs(left), abs(right))


def decimal(value: Value) -> Decimal:
    if isinstance(value, Decimal):
        return value
    return Decimal(value.numerator) / Decimal(value.denominator)


def scaled(value: Value, factor: Fraction) -> Value:
    if isinstance(value, Fraction):
        return value * factor
    with localcontext(_CONTEXT):
        return value * decimal(factor)


def near(one: Value, other: Value, distance: Fraction) -> bool:
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        below = one.denominator * other.denominator  # across, without a new Fraction for every step
        apart = abs(one.numerator * other.denominator - other.numerator * one.denominator)
        return apart * distance.denominator <= distance.numerator * below
    with localcontext(_CONTEXT):
        return abs(decimal(one) - decimal(other)) <= decimal(distance)


def rounds_to(value: Value, rounded: Value, step: Fraction) -> bool:
    """Half a step is rounded away from zero: 0.45 is 0.5 to one place, 0.55 is not."""
    if not near(value, rounded, step / 2):
        return False
    return abs(value) < abs(rounded) or near(value, rounded, step / 2 - step / 10**20)


def _value(node: Node) -> Value:
    if node.kind == "number":
        return node.value
    if node.kind == "symbol":
        if node.name != "π":
            raise NoValue("a letter")
        return _PI
    if node.kind not in _OPERATIONS:
        raise NoValue("a function")
    return _bounded(_OPERATIONS[node.kind](node))


def _bounded(value: Value) -> Value:
    if isinstance(value, Fraction) and value.numerator.bit_length() + value.denominator.bit_length() > 2 * _MAX_BITS:
        raise NoValue("too large")
    return value


def _sum(node: Node) -> Value:
    left, right = (_value(part) for part in node.parts)
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left + right
    return decimal(left) + decimal(right)


def _product(node: Node) -> Value:
    left, right = (_value(part) for part in node.parts)
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left * right
    return decimal(left) * decimal(right)


def _quotient(node: Node) -> Value:
    left, right = (_value(part) for part in node.parts)
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left / right
    return decimal(left) / decimal(right)


def _power(node: Node) -> Value:
    base, exponent = (_value(part) for part in node.parts)
    if abs(exponent) > 10_000:
        raise NoValue("an exponent that is too large")
    if isinstance(exponent, Decimal):
        return decimal(base) ** exponent
    if exponent.denominator != 1:
        return power_of(root(base, exponent.denominator), exponent.numerator)
    return power_of(base, exponent.numerator)


def power_of(base: Value, exponent: int) -> Value:
    if isinstance(base, Decimal):
        return base**exponent
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > _MAX_BITS:
        raise NoValue("too large")
    return base**exponent


def _root(node: Node) -> Value:
    if node.value.denominator != 1 or not 2 <= node.value <= 16:
        raise NoValue("an odd degree of a root")
    return root(_value(node.parts[0]), int(node.value))


def root(value: Value, degree: int) -> Value:
    if degree > 16:
        raise NoValue("an odd degree of a root")
    if value < 0:
        if degree % 2 == 0:
            raise NoValue("an even root of a negative number")
        return -root(-value, degree)
    if isinstance(value, Fraction):
        above, below = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
        if above is not None and below is not None:
            return Fraction(above, below)
    if value == 0:
        return Fraction(0)
    return decimal(value).sqrt() if degree == 2 else decimal(value) ** (Decimal(1) / degree)


def _whole_root(number: int, degree: int) -> int | None:
    if degree == 2:
        guess = isqrt(number)
        return guess if guess * guess == number else None
    if number.bit_length() > 1_000:
        return None
    guess = round(number ** (1 / degree))
    return guess if guess**degree == number else None


def _factorial(node: Node) -> Value:
    number = _value(node.parts[0])
    if not isinstance(number, Fraction) or number.denominator != 1 or not 0 <= number <= _MAX_FACTORIAL:
        raise NoValue("a factorial that is too large")
    return Fraction(factorial(int(number)))


def _negative(node: Node) -> Value:
    return -_value(node.parts[0])


_OPERATIONS = {
    "+": _sum,
    "*": _product,
    "/": _quotient,
    "^": _power,
    "sqrt": _root,
    "!": _factorial,
    "negative": _negative,
}
