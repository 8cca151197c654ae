"""A sentence's one number, and what is no answer though it holds one."""

import pytest

from ovlt_data.answers import grade
from ovlt_data.answers.extract import extract


@pytest.mark.parametrize(
    ("output", "gold"),
    [
        ("**Answer:** Mia should walk an average of **9 blocks per day**.", "9"),
        ("The remaining rope measures 21 inches.", "21"),
        ("The remaining rope measures 21 inches.", "21 inches"),
        ("Answer: the shop sold 1,250 tickets that evening.", "1250"),
        ("Therefore, there are 16 routes that meet the three given conditions. I hope this helps.", "16"),
        ("The painter spent $40 on brushes.", "40"),
        ("The length is not 8 but 40 cm.", "40"),
        ("No, it's not 8, it's 40 cm^2.", "40"),
        ("The rope is 4 m which is 400 cm.", "400 cm"),
        ("La pente : 2,74 m au total.", "2.74"),
        ("The total is 15 + 25 = 40.", "40"),
    ],
)
def test_a_sentence_says_its_one_number(output: str, gold: str) -> None:
    assert grade(output, gold, answer_type="number").status == "correct"


@pytest.mark.parametrize(
    "output",
    [
        "It is at least 9 blocks.",
        "The other one has twice 9 blocks left.",
        "Figure 9 shows the blocks.",
        "It can't be 9 blocks long.",
        "There were 9 blocks and then 4 went.",
        "It takes 9 fewer blocks than before.",
        "It is the 9th block.",
        "It grows by 9.5 blocks.",
        "The clock says 9:30 now.",
        "It measures 9 feet from here.",
        "It is not 9 but 8 inches.",
        "It is not 9 inches.",
        "9 inches is wrong.",
        "They are 8 which is 9 more than before.",
    ],
)
def test_a_sentence_that_weighs_labels_or_calculates_says_none(output: str) -> None:
    assert grade(output, "9 inches", answer_type="number").status == "wrong"


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ("We add 3 and 4.\nTherefore, the length is 7.", "the length is 7."),
        ("We add 3 and 4. So x = 7. I hope it is correct.", "x = 7"),
        ("A step gives \\boxed{3}. Final Answer: The final answer is 7.", "7."),
        ("It is \\boxed{3}. My final answer stands in the box.", "3"),
        ("Therefore 7 is wrong. Let us take 8 and 9 in turn.", None),
    ],
)
def test_the_closing_sentence_is_the_answer_where_nothing_else_marks_one(output: str, value: str | None) -> None:
    assert extract(output).value == (value or output)


@pytest.mark.parametrize(
    ("answer", "gold", "status"),
    [
        ("3.6", "3.6秒", "correct"),
        ("3.6 s", "3.6秒", "correct"),
        ("0.9 m", "90厘米", "correct"),
        ("3.6 cm", "3.6米", "wrong"),
        ("1.22", "1,22", "correct"),
        ("22, 1", "1,22", "correct"),
        ("122", "1,22", "wrong"),
        ("0.111", "0,111", "correct"),
        ("111", "0,111", "wrong"),
    ],
)
def test_golds_as_others_write_them(answer: str, gold: str, status: str) -> None:
    assert grade(answer, gold, answer_type="number").status == status


@pytest.mark.parametrize(
    ("answer", "gold", "status"),
    [
        (r"20\%", r"So $x = 1/5$, or $\boxed{20}$ percent.", "correct"),
        (r"20\%", r"So the length is $\boxed{20}$ m.", "wrong"),
        ("28", "It loses 10 and then 18. The final answer is $28$. I hope it is correct.", "correct"),
        ("7 and -7", r"\\boxed{7 \\text{ and } -7", "correct"),
        ("7, -7", "-7, 7", "correct"),
        ("May 1 2020", "May 1, 2020", "correct"),
        ("May 2, 2020", "May 1, 2020", "wrong"),
        ("5", "5 May", "wrong"),
        ("5", "5 marbles", "correct"),
    ],
)
def test_golds_may_be_worked_solutions_lists_and_dates(answer: str, gold: str, status: str) -> None:
    assert grade(answer, gold).status == status
