"""What is a unit, and of what."""

from fractions import Fraction

import pytest

from ovlt_data.answers.units import comparable, read_unit


@pytest.mark.parametrize(
    ("text", "dimensions", "scale"),
    [
        ("cm", (("length", 1),), Fraction(1, 100)),
        ("Feet", (("length", 1),), Fraction(3048, 10000)),
        ("square meters", (("length", 2),), Fraction(1)),
        ("sq. ft", (("length", 2),), Fraction(3048, 10000) ** 2),
        ("cm^3", (("length", 3),), Fraction(1, 10**6)),
        ("ml", (("length", 3),), Fraction(1, 10**6)),
        ("km/h", (("length", 1), ("time", -1)), Fraction(1000, 3600)),
        ("miles per hour", (("length", 1), ("time", -1)), Fraction(1609344, 3600_000)),
        ("m/s^2", (("length", 1), ("time", -2)), Fraction(1)),
        ("cm2", (("length", 2),), Fraction(1, 10**4)),
        ("°", (("angle", 1),), Fraction(1)),
        ("degrees Fahrenheit", (("fahrenheit", 1),), Fraction(1)),
        ("units", (), Fraction(1)),
        ("square units", (), Fraction(1)),
    ],
)
def test_units_are_read_with_their_powers(text: str, dimensions: tuple[tuple[str, int], ...], scale: Fraction) -> None:
    assert read_unit(text) == (dimensions, scale)


@pytest.mark.parametrize("text", ["", "stars", "Monday", "football", "M", "x", "cmx", "or cm", "cm or m", "5"])
def test_words_are_no_units(text: str) -> None:
    assert read_unit(text) is None


def test_degrees_may_be_of_a_thermometer_but_the_scales_differ() -> None:
    degree, celsius, fahrenheit = read_unit("°"), read_unit("°C"), read_unit("°F")
    assert degree is not None
    assert celsius is not None
    assert fahrenheit is not None
    assert comparable(degree, celsius)
    assert not comparable(celsius, fahrenheit)
