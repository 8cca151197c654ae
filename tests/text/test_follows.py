import pytest

from ovlt_data.text.follows import answer_stands


@pytest.mark.parametrize(
    ("thought", "value", "letter", "stands"),
    [
        pytest.param("So 1,800 pounds.", "1800", "", True, id="separators"),
        pytest.param("So 15.", "5", "", False, id="part-of-a-number"),
        pytest.param("So 2.5.", "2", "", False, id="before-the-point"),
        pytest.param("It is 5.", "5", "", True, id="full-stop"),
        pytest.param("Navin earns most.", "\\text{Navin}", "", True, id="latex-text"),
        pytest.param("A blue cube stands there.", "red", "A", False, id="article"),
        pytest.param("So it is (B).", "red", "B", True, id="letter"),
        pytest.param("The answer is B.", "red", "B", True, id="letter-after-answer"),
        pytest.param("The Red one.", "red", "B", True, id="text-of-the-choice"),
        pytest.param("Anything.", "", "", False, id="no-gold"),
    ],
)
def test_the_answer_stands_where_its_value_or_choice_does(thought: str, value: str, letter: str, stands: bool) -> None:
    assert answer_stands(thought, value, letter) is stands
