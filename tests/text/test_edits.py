"""How many words an edit changed, and whether it came back in its form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.text.edits import count_changes, has_tags_of, read_parts, write_parts

words = st.lists(st.sampled_from("abc"), max_size=80)


def count_slowly(before: list[str], after: list[str]) -> int:
    """The textbook's table."""
    row = list(range(len(before) + 1))
    for place, word in enumerate(after, 1):
        diagonal, row[0] = row[0], place
        for column, other in enumerate(before, 1):
            diagonal, row[column] = row[column], min(row[column - 1] + 1, row[column] + 1, diagonal + (word != other))
    return row[-1]


@given(words, words)
def test_changes_are_those_of_the_textbook(before: list[str], after: list[str]) -> None:
    assert count_changes(before, after) == count_slowly(before, after)


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        ("the description says three", 0),
        ("the picture shows three", 2),
        ("three", 3),
        ("so the description says three", 1),
        ("", 4),
    ],
)
def test_a_replaced_word_is_one_change(after: str, changes: int) -> None:
    assert count_changes(["the", "description", "says", "three"], after.split()) == changes


def test_parts_come_back_out_of_what_an_editor_says_around_them() -> None:
    trace = write_parts("It is <b>.", "So <answer>b</answer>")
    assert read_parts(f"Here it is:\n```\n{trace}\n```") == ("It is <b>.", "So <answer>b</answer>")


@pytest.mark.parametrize(
    "said",
    ["three", "<reasoning>a</reasoning>", "<reasoning> </reasoning><solution>b</solution>", "<solution>b</solution>"],
    ids=["none", "no-solution", "empty-reasoning", "no-reasoning"],
)
def test_half_an_edit_is_none(said: str) -> None:
    assert read_parts(said) is None


def test_tags_are_to_stay_where_they_are() -> None:
    assert has_tags_of("<answer>b</answer> so", "so <answer>a</answer>")
    assert not has_tags_of("</answer>b<answer>", "<answer>b</answer>")
