"""One spelling for many."""

import pytest

from ovlt_data.answers.clean import clean


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("７", "7"),
        ("\u22127", "-7"),
        ("7\u00a0cm", "7 cm"),
        ("7²", "7^{2}"),
        ("3½", "3 1/2"),
        (r"7\text{ cm}", "7 cm"),
        (r"7 \mathrm{~m}", "7 m"),
        (r"\textbf{(B)}", "(B)"),
        (r"\textbf{\text{B}}", "B"),
        (r"\dfrac{1}{2}", r"\frac{1}{2}"),
        (r"\left(1, 2\right)", "(1, 2)"),
        (r"45^{\circ}", "45°"),
        ("$7$", "7"),
        ("$$7$$", "7"),
        (r"\(7\)", "7"),
        (r"\$7.20", "$7.20"),
        (r"7\%", "7%"),
        (r"7{,}000", "7,000"),
        (r"7,\!000", "7,000"),
        (r"\\frac{1}{2}", r"\frac{1}{2}"),
        ("**B**", "B"),
        ("the **red** one", "the red one"),
        ('"no"', "no"),
        ("`yes`", "yes"),
        ("x >= 2", "x ≥ 2"),
        ('["Ohio"]', "Ohio"),
    ],
)
def test_typography_and_markup_do_not_matter(text: str, spelled: str) -> None:
    assert clean(text) == spelled


@pytest.mark.parametrize("text", ["7**2**3", "$7 and 8", "7\x00", "\ud800", "\\"])
def test_what_is_no_markup_stays(text: str) -> None:
    assert clean(text) == text


def test_the_rows_of_a_matrix_are_not_taken_for_an_escape() -> None:
    matrix = r"\begin{pmatrix}a\\b\end{pmatrix}"
    assert clean(matrix) == matrix
