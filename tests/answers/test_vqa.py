"""Ten people's answers to one question."""

import pytest

from ovlt_data.answers import grade
from ovlt_data.answers.vqa import normalise, vqa_accuracy

TEN = ("tea",) * 3 + ("green tea",) * 2 + ("a cup of tea",) * 4 + ("drink",)


@pytest.mark.parametrize(
    ("said", "accuracy"),
    [("tea", 0.9), ("green tea", 0.6), ("drink", 0.3), ("cup of tea", 1.0), ("coffee", 0.0), ("", 0.0)],
)
def test_accuracy_is_the_mean_over_people_left_out(said: str, accuracy: float) -> None:
    assert vqa_accuracy(said, TEN) == pytest.approx(accuracy)


@pytest.mark.parametrize(
    ("said", "correct"),
    [("Tea.", True), ("It is green tea", True), ("drink", False), ("cup", False), ("tea or drink", False)],
)
def test_from_two_agreeing_people_on_it_is_correct(said: str, correct: bool) -> None:
    assert (grade(said, "tea", answers=TEN).status == "correct") is correct


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The Cat", "cat"),
        ("two dogs", "2 dogs"),
        ("none", "0"),
        ("dont know", "don't know"),
        ("mint-flavoured", "mint flavoured"),
        ("yes, please", "yes please"),
        ("1,000", "1000"),
        ("3.5", "3.5"),
    ],
)
def test_normalisation_is_the_official_one(text: str, normal: str) -> None:
    assert normalise(text) == normal
