"""How near is near enough: the gold's own precision says."""

import pytest

from ovlt_data.answers.clean import clean
from ovlt_data.answers.nearness import equal
from ovlt_data.answers.numbers import read_number


def _equal(said: str, gold: str, unit: str = "", precision: int | None = None) -> bool:
    number, wanted = read_number(clean(said)), read_number(clean(gold))
    assert number is not None
    assert wanted is not None
    return equal(number, wanted, unit=unit, precision=precision)


@pytest.mark.parametrize(
    ("gold", "right", "wrong"),
    [
        ("7", ["7.0", "14/2", "7.00"], ["6.9", "7.01", "-7", "70", "0.7"]),
        ("6.71", ["6.71", "6.710", "6.708", r"3\sqrt{5}", "6.7149"], ["6.7", "7", "6.72", "6.716", "6.704", "-6.71"]),
        ("0.4", ["0.35", "0.449", "2/5", "40%", ".40"], ["0.45", "0.34", "4", "40", "0.04"]),
        ("-0.4", ["-0.35", "-0.44"], ["-0.45", "0.4"]),
        (r"3\sqrt{5}", ["6.71", "6.708", r"\sqrt{45}"], ["6.7", "6.72", "45", r"5\sqrt{3}"]),
        ("3/7", ["0.429", "0.4286", "6/14", "42.9%"], ["0.43", "0.428", "7/3", "3"]),
        ("40%", ["40%", "40", "0.4", "2/5"], ["4%", "400%", "0.04", "4"]),
        ("$7.20", ["7.2", "$7.200", "720 cents", "7.20 dollars"], ["$7.02", "720", "€7.20", "7.20 cents"]),
        ("3,400,000", ["3.4 million", r"3.4 \times 10^6"], ["3.4", "3.4 billion", "3,400"]),
        ("1.5 m", ["150 cm", "1.5", "1500 mm"], ["150", "1.5 cm", "1.5 s"]),
        ("90 minutes", ["1.5 hours", "90 min", "1 hour 30 minutes", "1 hour and 30 minutes"], ["90 hours", "90 s"]),
        ("12 cm^2", ["12 square centimeters", "12", "1200 mm^2"], ["12 cm", "12 cm^3"]),
        ("7 stars", ["7", "7 star"], ["7 moons", "7 cm"]),
        ("70°", ["70 degrees", "70"], ["70 cm"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_gold_takes_what_its_own_precision_allows(gold: str, right: list[str], wrong: list[str]) -> None:
    assert [said for said in right if not _equal(said, gold)] == []
    assert [said for said in wrong if _equal(said, gold)] == []


def test_a_benchmarks_places_come_before_the_golds_own() -> None:
    assert _equal("2.4", "2", precision=0) is False
    assert _equal("2.44", "2.4", precision=1)
    assert not _equal("2.46", "2.4", precision=1)


def test_percent_may_be_said_by_the_unit_that_was_asked_for() -> None:
    assert _equal("40%", "40", unit="percent")
    assert not _equal("40%", "40")


def test_a_unit_that_was_asked_for_is_the_golds() -> None:
    assert _equal("150 cm", "1.5", unit="m")
    assert not _equal("1.5 km", "1.5", unit="m")
    assert _equal("8 parcels", "8", unit="boxes")
