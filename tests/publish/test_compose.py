"""A completion has one form, whatever form the reasoner's solution had."""

import pytest

from ovlt_data.publish.compose import compose_completion, has_answer_tag


def prose(content: str) -> str:
    text = compose_completion("r", content, answer="7")
    return text.removeprefix("<think>\nr\n</think>\n\n").removesuffix("<answer>7</answer>").strip()


def test_think_prose_and_answer_stand_in_this_order() -> None:
    text = compose_completion(" I count. \n", "Seven.\n<answer>seven</answer>", answer="7")
    assert text == "<think>\nI count.\n</think>\n\nSeven.\n\n<answer>7</answer>"


def test_without_prose_the_answer_follows_the_thought() -> None:
    assert compose_completion("r", "<answer>7</answer>", answer="7") == "<think>\nr\n</think>\n\n<answer>7</answer>"


@pytest.mark.parametrize(
    ("content", "left"),
    [
        pytest.param("It is 7.\n\n<answer>\n7\n</answer>\n", "It is 7.", id="own-lines"),
        pytest.param("It is 7. <answer>7</answer>", "It is 7.", id="after-a-sentence"),
        pytest.param("It is <answer>7</answer>.", "It is", id="ends-its-line"),
        pytest.param("It is <answer>7</answer> because of B.", "It is 7 because of B.", id="within-a-line"),
        pytest.param("<answer>6</answer>\nNo:\n<answer>7</answer>", "No:", id="several"),
        pytest.param("<Answer>7</ANSWER> ok", "7 ok", id="any-case"),
        pytest.param("It is 7.\n<answer>7", "It is 7.", id="never-closed"),
        pytest.param("So \\boxed{7}.", "So \\boxed{7}.", id="boxed-is-prose"),
        pytest.param("a\n\n\n<answer>7</answer>\n\n\nb", "a\n\nb", id="no-gap-left"),
    ],
)
def test_prose_is_the_solution_without_its_tag(content: str, left: str) -> None:
    assert prose(content) == left


@pytest.mark.parametrize("hostile", ["<answer>" * 40_000, "<answer>" + " " * 300_000, "</answer>" * 40_000])
def test_hostile_text_takes_no_time(hostile: str) -> None:
    assert compose_completion("r", hostile, answer="7").endswith("<answer>7</answer>")


def test_the_authors_own_tag_is_told_from_ours() -> None:
    assert has_answer_tag("<Answer>7</answer>")
    assert not has_answer_tag("\\boxed{7}")
