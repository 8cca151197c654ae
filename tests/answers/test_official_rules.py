"""The benchmarks' own rules, oddities included."""

import pytest

from ovlt_data.answers import GoldOptions, symbolic
from ovlt_data.answers.official import OFFICIAL, score

PLANTS = ("root", "stem", "leaf")
TEN = ("red",) * 3 + ("blue",) * 7

HOSTILE = ["", "\x00\ud800", "$" * 9_000, "9^{9^{9}}", "__import__('os').abort()", "1/0", "1.2.3"]

CASES = [
    pytest.param("scienceqa", "B", "1", {"choices": PLANTS}, 1.0, id="scienceqa-letter"),
    pytest.param("scienceqa", "B. stem", "1", {"choices": PLANTS}, 1.0, id="scienceqa-letter-and-text"),
    pytest.param("scienceqa", "stem", "1", {"choices": PLANTS}, 0.0, id="scienceqa-text-is-wrong"),
    pytest.param("scienceqa", "b", "1", {"choices": PLANTS}, 0.0, id="scienceqa-lower-case-is-wrong"),
    pytest.param("ai2d", "B. stem", "1", {"choices": PLANTS}, 1.0, id="ai2d-letter-first"),
    pytest.param("ai2d", "(b)", "1", {"choices": PLANTS}, 1.0, id="ai2d-without-punctuation"),
    pytest.param("ai2d", "( b )", "1", {"choices": PLANTS}, 0.0, id="ai2d-keeps-white-space"),
    pytest.param("ai2d", "It is B.", "1", {"choices": PLANTS}, 0.0, id="ai2d-sentence"),
    pytest.param("iconqa", "stem", "1", {"choices": PLANTS}, 1.0, id="iconqa-text"),
    pytest.param("iconqa", "10 ", "10", {}, 1.0, id="iconqa-blank"),
    pytest.param("iconqa", "ten", "10", {}, 0.0, id="iconqa-blank-is-exact"),
    pytest.param("geometry3k", "The answer is 11.4", "B", {"choices": ("10", "12", "14")}, 1.0, id="geometry-nearest"),
    pytest.param("geometry3k", r"\boxed{2\sqrt{221}}", "29.7", {"choices": ("29.7", "31")}, 1.0, id="geometry-root"),
    pytest.param("geometry3k", "I can't tell.", "B", {"choices": ("10", "12")}, 0.0, id="geometry-no-guess"),
    pytest.param("mathvista", "The answer is 14.7", "14", {"answer_type": "integer"}, 1.0, id="mathvista-truncates"),
    pytest.param(
        "mathvista", "The answer is 1.46", "1.5", {"answer_type": "decimal", "precision": 1}, 1.0, id="mathvista-rounds"
    ),
    pytest.param("mathvista", "(C) a leaf", "leaf", {"choices": PLANTS}, 1.0, id="mathvista-letter"),
    pytest.param("mathvista", "roof", "root", {"choices": PLANTS}, 1.0, id="mathvista-nearest-spelling"),
    pytest.param("mathverse", "The answer is 5 cm.", "5 cm", {}, 1.0, id="mathverse-same-string"),
    pytest.param("mathverse", "The answer is 5.0 cm.", "5 cm", {}, 0.0, id="mathverse-other-string"),
    pytest.param("mathvision", "So it is (C).", "C", {"choices": ("1", "2", "3")}, 1.0, id="mathvision-end"),
    pytest.param("mathvision", r"\boxed{3}", "C", {"choices": ("1", "2", "3")}, 1.0, id="mathvision-text"),
    pytest.param("mathvision", r"\boxed{\frac{7}{2}}", "3.5", {}, 1.0, id="mathvision-value"),
    pytest.param("mathvision", r"\boxed{(1,2.001)}", "(1,2)", {}, 1.0, id="mathvision-tuple"),
    pytest.param("mathvision", "The area is 12.5.", "12.5", {}, 1.0, id="mathvision-number-after-is"),
    pytest.param("mathvision", r"\boxed{x+1}", "4", {}, 0.0, id="mathvision-letters-have-no-value"),
    pytest.param("tabmwp", "So it costs = $1,400.", "1,400", {}, 1.0, id="tabmwp-price"),
    pytest.param("tabmwp", r"The answer is \frac{16}{95}.", "0.168", {}, 1.0, id="tabmwp-three-places"),
    pytest.param("tabmwp", "The answer is 8 bags.", "8", {"unit": "bags"}, 1.0, id="tabmwp-unit"),
    pytest.param("tabmwp", "(b)", "stem", {"choices": PLANTS}, 1.0, id="tabmwp-letter"),
    pytest.param("tabmwp", "(f)", "stem", {"choices": PLANTS}, 0.0, id="tabmwp-letter-out-of-range"),
    pytest.param("tabmwp", "It starts at 7:25 P.M.", "7:25 P.M.", {}, 1.0, id="tabmwp-time"),
    pytest.param("vizwiz", "Red.", "red", {"answers": TEN}, 0.9, id="vizwiz-three-of-ten"),
    pytest.param("vizwiz", "green", "red", {"answers": TEN}, 0.0, id="vizwiz-nobody"),
]


@pytest.fixture(autouse=True, scope="module")
def _worker() -> None:  # pyright: ignore[reportUnusedFunction]  # pytest uses it
    symbolic.start()


@pytest.mark.parametrize(("benchmark", "output", "gold", "options", "expected"), CASES)
def test_rule_pays(benchmark: str, output: str, gold: str, options: GoldOptions, expected: float) -> None:
    assert score(benchmark, output, gold, **options).score == pytest.approx(expected)


@pytest.mark.parametrize("benchmark", OFFICIAL)
def test_the_thought_is_no_part_of_the_reply(benchmark: str) -> None:
    gold = "red" if benchmark == "vizwiz" else "B"
    answered = f"<think>C. leaf</think>\n<answer>{gold}</answer>"
    right = score(benchmark, answered, gold, choices=PLANTS, answers=TEN).score
    assert right == pytest.approx(0.9 if benchmark == "vizwiz" else 1.0)
    assert score(benchmark, f"<think><answer>{gold}</answer>", gold, choices=PLANTS, answers=TEN).score == 0.0


def test_a_rule_in_a_judges_place_says_so() -> None:
    assert score("mathverse", "5", "5").method == "official:mathverse (rule-graded)"
    assert score("tabmwp", "5", "5").method == "official:tabmwp"


@pytest.mark.parametrize("benchmark", OFFICIAL)
@pytest.mark.parametrize("output", HOSTILE)
def test_no_text_makes_a_rule_raise(benchmark: str, output: str) -> None:
    result = score(benchmark, output, "7", choices=("7", "8"), answers=("7",))
    assert result.score in (0.0, 0.5, 1.0)
