"""Orders about the answer's form go from a question's end; the question and what its gold depends on stay."""

import pytest

from ovlt_data.text.tails import normalise_question, strip_tail

TAILS = (
    "\nAnswer the question using a single word or phrase.",
    "\nAnswer with the option's letter from the given choices directly.",
    " Answer with the option letter.",
    " Answer with a single word.",
    " Please answer directly with a single word or number.",
    "\nAnswer briefly.",
    " Please respond with yes or no.",
    " Give the final answer only.",
    "\nHint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end.",
)


@pytest.mark.parametrize("tail", TAILS)
def test_a_tail_goes(tail: str) -> None:
    assert strip_tail(f"How many bars are there?{tail}") == "How many bars are there?"


def test_several_tails_go() -> None:
    assert strip_tail("Which?" + TAILS[4] + TAILS[0]) == "Which?"


@pytest.mark.parametrize(
    "question",
    [
        "Find x. Answer to the nearest whole number.",
        "What time is it? Answer by typing a time word, not a number.",
        "Answer the question using a single word or phrase.",
        "Answer with a single word: which is it? Explain.",
        "What did he answer briefly?",
        "",
    ],
)
def test_everything_else_stays(question: str) -> None:
    assert strip_tail(question) == question


def test_copies_of_a_question_compare_equal_and_formulas_keep_their_signs() -> None:
    assert normalise_question("How  many BARS are there?" + TAILS[0]) == normalise_question("How many bars are there")
    assert normalise_question("Is 3 < 4?") != normalise_question("Is 3 > 4?")


@pytest.mark.parametrize(
    "tail",
    [
        "Give a very brief answer.",
        "Answer briefly.",
        "Write a very short answer.",
        "Quick response, please.",
        "Short answer required.",
        "Keep it brief.",
        "Concise answer only.",
        "Be succinct.",
        "Make the answer very short.",
        "Your answer should be very brief.",
        "Offer a terse response.",
        "Provide a succinct answer.",
        "Keep it short and to the point.",
        "Ensure brevity in your answer. ",
        "Offer a very short reply.",
        "Your response must be concise.",
        "Your answer should be compact.",
        "Provide a short and direct response.",
        "Answer yes or no.",
    ],
)
def test_the_cauldrons_orders_to_be_brief_go(tail: str) -> None:
    assert strip_tail(f"What is the shape of the blue thing?\n{tail}") == "What is the shape of the blue thing?"
