"""The answer out of a whole output."""

import pytest

from ovlt_data.answers.extract import MAX_ANSWER, extract, lone_formula


@pytest.mark.parametrize(
    ("output", "value", "method"),
    [
        ("<think>so 7</think>\n<answer>8</answer>", "8", "answer_tag"),
        ("<think>perhaps <answer>7</answer></think> <answer>8</answer>", "8", "answer_tag"),
        ("<answer>7</answer> No, wait. <answer>8</answer>", "8", "answer_tag"),
        ("<ANSWER>\n8\n</ANSWER>", "8", "answer_tag"),
        ("<answer>8", "8", "answer_tag"),
        ("thinking</think>8</answer>", "8", "answer_tag"),
        (r"<answer>It is \boxed{8}.</answer>", "8", "answer_tag"),
        ("<answer>The answer is 8</answer>", "8", "answer_tag"),
        (r"First \boxed{7}, but in truth \boxed{8}", "8", "boxed"),
        (r"\boxed{\boxed{8}}", "8", "boxed"),
        (r"\fbox{8}", "8", "boxed"),
        (r"\boxed{\frac{1}{8}}", r"\frac{1}{8}", "boxed"),
        (r"either \boxed{-8} and \boxed{8}", "-8, 8", "boxed"),
        (r"\boxed{8 cm} ======= \boxed{9}", "8 cm, 9", "boxed"),
        (r"\boxed{8} + \boxed{9}", "9", "boxed"),
        ("The answer is Mrs. Smith. She is 8.", "Mrs. Smith", "phrase"),
        ("The answer is 8 cm. It follows from the figure.", "8 cm", "phrase"),
        ("The answer is 8 because 3 + 5 = 8.", "8", "phrase"),
        ("**Final Answer**\n8", "8", "phrase"),
        ("### Answer\n\n8", "8", "phrase"),
        ('{"answer": "8"}', '"8"', "phrase"),
        ("The time: the answer is 8:15 P.M. on the clock", "8:15 P.M. on the clock", "phrase"),
        ("The answer is:\n- Ohio\n- Iowa", "- Ohio\n- Iowa", "phrase"),
        ("x = 8", "x = 8", "bare"),
        ("aha</think>8", "8", "bare"),
    ],
)
def test_the_last_and_strongest_sign_gives_the_answer(output: str, value: str, method: str) -> None:
    assert extract(output)[:2] == (value, method)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", "no_answer"),
        (" \n ", "no_answer"),
        ("<answer></answer>", "no_answer"),
        ("<answer>8</answer> <answer> </answer>", "no_answer"),
        ("words " * 500, "no_answer"),
        ("<think>so it is 8", "truncated"),
        (r"<think>so it is \boxed{8}", "truncated"),
        ("<answer>8</answer> <think>or is it", "truncated"),
        (r"so we get \boxed{8", "truncated"),
        ("<answer>A</answer><answer>B</answer> <answer>C</answer>", "hedged"),
        ("<answer>" + "8" * (MAX_ANSWER + 1) + "</answer>", "over_size"),
    ],
)
def test_what_is_no_answer_says_why(output: str, reason: str) -> None:
    found = extract(output)
    assert (found.value, found.reason) == (None, reason)


def test_tags_with_words_between_them_are_second_thoughts_and_no_list_of_guesses() -> None:
    output = "<answer>A</answer> no <answer>B</answer> no <answer>C</answer>"
    assert extract(output).value == "C"


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("We find that $x < 3$ here.", "x < 3"),
        (r"Hence \[ 2\pi \]", r" 2\pi "),
        ("With $x = 1$ we get $y = 2$", None),
        ("no formula", None),
        ("$x$ + 1", None),
        ("-$x$", None),
        ("8$x$", None),
        ("It is not $x$", None),
        ("$x$ or more", None),
    ],
)
def test_a_formula_is_taken_out_of_prose_only_where_it_is_the_only_one(text: str, formula: str | None) -> None:
    assert lone_formula(text) == formula
