"""Numbers as people write them."""

from fractions import Fraction

import pytest

from ovlt_data.answers.clean import clean
from ovlt_data.answers.numbers import read_decimal_comma, read_number
from ovlt_data.answers.values import decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("+7", 7),
        ("7.", 7),
        (".25", Fraction(1, 4)),
        ("-7.5", Fraction(-15, 2)),
        ("(-7)", -7),
        ("−7", -7),
        ("- 7", -7),
        ("12,345", 12345),
        ("12 345 678", 12345678),
        (r"12\,345", 12345),
        ("3/8", Fraction(3, 8)),
        ("3 / 8", Fraction(3, 8)),
        (r"\frac38", Fraction(3, 8)),
        (r"\dfrac{3}{8}", Fraction(3, 8)),
        ("2 3/8", Fraction(19, 8)),
        (r"2\frac{3}{8}", Fraction(19, 8)),
        ("2⅜", Fraction(19, 8)),
        ("2 and 3/8", Fraction(19, 8)),
        ("3.5e3", 3500),
        (r"3.5 \times 10^{3}", 3500),
        (r"10^{-2}", Fraction(1, 100)),
        (r"\sqrt{49}", 7),
        (r"\sqrt[3]{343}", 7),
        ("3^2", 9),
        ("4!", 24),
        ("3.5 million", 3_500_000),
        ("2 dozen", 24),
        ("x = 7", 7),
        ("∠ABC = 70°", 70),
        ("So the area = 7", 7),
        ("40 - 33 = 7", 7),
        ("≈ 7", 7),
        ("There are 7 stars.", 7),
        ("The sum of the two sides is 7.", 7),
        ("a total of 7", 7),
        ("7 small red stars", 7),
        ("seven", 7),
        ("negative 7", -7),
        ("twenty-one", 21),
        ("two hundred and five", 205),
        ("three thousand", 3000),
        ("three eighths", Fraction(3, 8)),
        ("two and a half", Fraction(5, 2)),
        ("none", 0),
        (r"0.1\overline{6}", Fraction(1, 6)),
        ("7 (about)", 7),
        ("~7", 7),
        ("It's 7.", 7),
        ("7, because 3 + 4 = 7", 7),
        ("7, not 8", 7),
        ("There are no stars", 0),
        ("7 feet", 7),
        ("-$7", -7),
    ],
)
def test_a_number_is_read_exactly(text: str, value: Fraction) -> None:
    number = read_number(clean(text))
    assert number is not None
    assert number.value == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "7x",
        "7 8",
        "7 or 8",
        "7, 8",
        "7 and 8",
        "x = 7 or x = 8",
        "x = 7, y = 8",
        "10-3",
        "2024-10-03",
        r"\binom{7}{2}",
        "7th",
        "at least 7",
        "fewer than 7",
        "x^2 = 49",
        "2x = 14",
        "7 stars and 2 moons make 9",
        "7 out of 9",
        "not 7",
        "7:8",
        "7 ± 1",
        "1,00",
        "24,50.75",
        "no one knows",
        "on",
        "seventh heaven",
        "7\x00",
        r"\frac{7}{0}",
        "nan",
        "inf",
        "7_000",
        "0x7",
    ],
)
def test_what_says_no_number_or_more_than_one_is_none(text: str) -> None:
    assert read_number(clean(text)) is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        (r"3\sqrt{5}", "6.7082039324993690892275210061938287063218550788345771728"),
        ("3√5", "6.7082039324993690892275210061938287063218550788345771728"),
        ("3*sqrt(5)", "6.7082039324993690892275210061938287063218550788345771728"),
        ("2π", "6.2831853071795864769252867665590057683943387987502116419"),
        ("2pi", "6.2831853071795864769252867665590057683943387987502116419"),
    ],
)
def test_roots_and_pi_are_known_to_far_more_digits_than_anybody_writes(text: str, digits: str) -> None:
    number = read_number(clean(text))
    assert number is not None
    assert str(decimal(number.value)).startswith(digits[:50])


@pytest.mark.parametrize("text", ["9^9^9", "9**9**9", "2^{100000000}", "((9!)!)!", "1e999999", "9" * 5000, "(" * 500])
def test_what_is_larger_than_any_answer_is_not_computed(text: str) -> None:
    assert read_number(text) is None


def test_a_decimal_comma_is_read_only_where_it_is_asked_for() -> None:
    assert read_number("7,25") is None
    number = read_decimal_comma("7,25")
    assert number is not None
    assert number.value == Fraction(29, 4)
    assert read_decimal_comma("7,250") is None
