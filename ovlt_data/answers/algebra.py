"""Are two formulas with letters the same? Decided by their values at random points of a large prime field.

Different at one point proves them different; equal at four points of 2**62 - 87 makes them the same but for a chance of
1 in 10**60. What is no rational function of its letters (roots, sines, letters in exponents) is taken as a letter of
its own, named by what it is of: then equal still means equal, and different means that the symbolic worker has to look.
"""

from fractions import Fraction
from hashlib import blake2b

from ovlt_data.answers.maths import Node

_PRIME = 2**62 - 87
_IMAGINARY = 120863620846201794  # its square is -1 in this field
_POINTS = 4
_MAX_EXPONENT = 10_000
_SPECIAL = frozenset({"e"})


class _Undefined(ArithmeticError):
    """A division by zero at this point of the field."""


def same_formula(one: Node, other: Node) -> bool | None:
    """None where the two differ only by what this can't see."""
    try:
        if all(_value(one, point) == _value(other, point) for point in range(_POINTS)):
            return True
    except _Undefined:
        return None
    return False if is_plain(one) and is_plain(other) else None


def same_equation(one: Node, other: Node) -> bool | None:
    """Both given as left side minus right side: the same curve if one is a multiple of the other."""
    try:
        pairs = [(_value(one, point), _value(other, point)) for point in range(_POINTS)]
    except _Undefined:
        return None
    left, right = pairs[0]
    if left and right and all(left * b % _PRIME == right * a % _PRIME for a, b in pairs[1:]):
        return True
    return False if is_plain(one) and is_plain(other) else None


def is_plain(node: Node) -> bool:
    """A rational function of its letters, of which π is one: no rational function tells it from a letter."""
    if node.kind == "symbol":
        return node.name not in _SPECIAL
    if node.kind == "^" and not _is_whole(node.parts[1]):
        return False
    return node.kind in ("number", "symbol", "+", "*", "/", "^", "negative") and all(map(is_plain, node.parts))


def _is_whole(node: Node) -> bool:
    inner = node.parts[0] if node.kind == "negative" else node
    return inner.kind == "number" and inner.value.denominator == 1 and inner.value <= _MAX_EXPONENT


def _value(node: Node, point: int) -> int:
    if node.kind == "number":
        return _fraction(node.value)
    if node.kind == "negative":
        return -_value(node.parts[0], point) % _PRIME
    if node.kind in ("+", "*", "/"):
        return _combined(node.kind, *(_value(part, point) for part in node.parts))
    if node.kind == "^" and _is_whole(node.parts[1]):
        return _power(_value(node.parts[0], point), node.parts[1])
    if node.kind == "symbol":
        return _imaginary(point) if node.name == "i" else _letter(node.name, point)
    inside = [_value(part, point) for part in node.parts]
    return _letter(f"{node.kind}{node.value}{inside}", point)


def _fraction(value: Fraction) -> int:
    return value.numerator * _inverse(value.denominator % _PRIME) % _PRIME


def _combined(kind: str, left: int, right: int) -> int:
    if kind == "+":
        return (left + right) % _PRIME
    return left * (right if kind == "*" else _inverse(right)) % _PRIME


def _power(base: int, exponent: Node) -> int:
    if exponent.kind == "negative":
        return pow(_inverse(base), int(exponent.parts[0].value), _PRIME)
    return pow(base, int(exponent.value), _PRIME)


def _inverse(number: int) -> int:
    if number % _PRIME == 0:
        raise _Undefined
    return pow(number, -1, _PRIME)


def _imaginary(point: int) -> int:
    """Both square roots of -1 take their turn."""
    return _IMAGINARY if point % 2 else _PRIME - _IMAGINARY


def _letter(name: str, point: int) -> int:
    digest = blake2b(f"{point}:{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _PRIME
