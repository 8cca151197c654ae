import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.text.reflect import MARKERS, count, truncate


@pytest.mark.parametrize(
    ("reasoning", "left"),
    [
        pytest.param("It is 4. Wait, is it? Yes.", "It is 4.", id="wait"),
        pytest.param("It is 4.\n\nBut wait, is it?", "It is 4.", id="but-wait"),
        pytest.param("It is 4. But the question asks for 5.", "It is 4.", id="but-the-question"),
        pytest.param("It is 4. Wait, no. But wait, yes.", "It is 4.", id="first-of-several"),
        pytest.param("I await, and wait, and Wait.", "I await, and wait, and Wait.", id="not-markers"),
        pytest.param("It is 4. ", "It is 4. ", id="no-marker"),
        pytest.param("Wait, it is 4. So 4.", "Wait, it is 4. So 4.", id="nothing-before-the-marker"),
        pytest.param(
            "\nWait, But wait, it is 4. Wait, no.", "\nWait, But wait, it is 4.", id="leading-then-a-real-one"
        ),
        pytest.param("Wait,", "Wait,", id="marker-alone"),
        pytest.param("", "", id="empty"),
    ],
)
def test_truncate_cuts_at_the_first_marker(reasoning: str, left: str) -> None:
    assert truncate(reasoning) == left


PIECES = st.lists(st.sampled_from([*MARKERS, "so", " ", "\n", ", "]), max_size=8).map("".join)


@given(PIECES)
def test_truncate_leaves_something_of_something_and_is_done_after_once(reasoning: str) -> None:
    left = truncate(reasoning)
    assert reasoning.startswith(left)
    assert bool(left.strip()) == bool(reasoning.strip())
    assert truncate(left) == left


def test_count_counts_every_marker() -> None:
    assert count("Wait, a. But wait, b. But the question is c. wait, d.") == 3
    assert count("a") == 0
