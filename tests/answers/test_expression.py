"""Formulas, taken apart here or put to the symbolic worker."""

import pytest

from ovlt_data.answers import grade, grade_quickly, symbolic

HERE: list[tuple[str, list[str], list[str]]] = [
    (
        "x^2-6x+9",
        ["9 - 6x + x^2", "(x-3)^2", "(3-x)(3-x)", "y = x^2-6x+9", "f(x)=(x-3)^2", "x² − 6x + 9", "x*x-6*x+9"],
        ["x^2-6x", "(x+3)^2", "t^2-6t+9", "x^2-6x+9=0", "9", "-x^2+6x-9"],
    ),
    ("f(x)=2x-1", ["2x-1", "y=2x-1", "f(x) = -1+2x"], ["2x+1", "f(x)=2x", "x=2y-1"]),
    (r"\frac{a}{b}+\frac{c}{d}", [r"\frac{ad+bc}{bd}", "(ad+bc)/(bd)"], [r"\frac{a+c}{b+d}"]),
    ("x^2/4+y^2/9=1", [r"\frac{y^2}{9}+\frac{x^2}{4}=1", "9x^2+4y^2=36"], ["x^2/9+y^2/4=1", "x^2/4-y^2/9=1", "1"]),
    ("[3, \\infty)", ["x ≥ 3", "x >= 3", r"3 \leq x", r"x \in [3, \infty)", "[3, +∞)"], ["x > 3", "(3, ∞)", "x ≤ 3"]),
    ("(-2, 5]", ["-2 < x ≤ 5", "5 ≥ x > -2", "(-2,5]", "the interval (-2, 5]"], ["[-2,5]", "(-2,5)", "(5,-2]"]),
    (r"(-\infty, 0) \cup (4, \infty)", ["x < 0 or x > 4", "(4,∞) ∪ (-∞,0)"], ["(-∞,0) ∪ (5,∞)", "x ≤ 0 or x > 4"]),
    (r"\{2, -7\}", ["{-7, 2}", "-7 and 2", "x = 2 or x = -7", "x=-7, x=2"], ["2", "(2, -7)", "{2, 7}", "{2,-7,0}"]),
    (r"\emptyset", [r"\varnothing"], []),
    (r"\pm 3", ["3, -3", r"x = \pm 3"], ["3", "-3"]),
    ("|AB|=5", ["5"], ["6"]),
    (
        r"\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}",
        [r"\begin{bmatrix} 1 & 2 \\ 3 & 8/2 \end{bmatrix}"],
        [r"\begin{pmatrix}1 & 3\\2 & 4\end{pmatrix}"],
    ),
    ("3-2i", ["-2i+3", "(2-i)^2 + 2i"], ["3"]),
    ("a-b", ["-b+a"], ["b-a"]),
    (r"\sqrt{x^2+4}", [r"\sqrt{4+x^2}"], []),
    ("1.5m", ["150 cm", "1.5 m"], ["1.5 cm", "150"]),
    ("domain: [0, 2) and range: (1, 3]", ["Domain: [0,2) and range: (1,3]"], ["domain: (0, 2) and range: (1, 3]"]),
]

WORKER: list[tuple[str, list[str], list[str]]] = [
    (r"\cos^2 x", [r"1-\sin^2 x"], [r"\sin^2 x"]),
    ("2^{x+1}", [r"2 \cdot 2^x"], ["2^{2x}"]),
    ("3", [r"\log_2 8"], [r"\log_3 8"]),
    (r"\binom{7}{2}", ["21", r"\binom{7}{5}"], ["14"]),
    (r"(1,3) \cup (2,5)", ["(1,5)"], ["(1,3)"]),
    ("1/2", [r"\sin 30^\circ", r"\cos \frac{\pi}{3}"], [r"\cos 30^\circ"]),
]


@pytest.mark.parametrize(("gold", "right", "wrong"), HERE, ids=[row[0] for row in HERE])
def test_most_formulas_are_decided_without_the_worker(gold: str, right: list[str], wrong: list[str]) -> None:
    verdicts = {said: grade_quickly(said, gold, answer_type="expression") for said in (*right, *wrong)}
    assert {said: verdict and verdict.status for said, verdict in verdicts.items()} == {
        **dict.fromkeys(right, "correct"),
        **dict.fromkeys(wrong, "wrong"),
    }


@pytest.mark.parametrize(("gold", "right", "wrong"), WORKER, ids=[row[0] for row in WORKER])
def test_the_rest_is_the_workers(gold: str, right: list[str], wrong: list[str]) -> None:
    symbolic.start()
    for said in (*right, *wrong):
        assert grade_quickly(said, gold, answer_type="expression") is None
        assert grade(said, gold, answer_type="expression").status == ("correct" if said in right else "wrong"), said


@pytest.mark.parametrize(
    ("said", "gold"),
    [
        ("ton", "not"),
        ("tea", "eat"),
        ("8 2", "2 8"),
        ("21 9", "30"),
        ("i^1", "I"),
        ("7+\\pi", "7\\pi"),
        (r"3 \uparrow 4", r"3 \downarrow 4"),
        ("6y", "6"),
    ],
)
def test_letters_are_no_products_and_neighbours_no_sums(said: str, gold: str) -> None:
    assert grade(said, gold, answer_type="expression").status == "wrong"
    assert grade(said, gold).status == "wrong"
