import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.excise_by_row import excise as excise_by_row
from ovlt_data.curate.detours import excise
from ovlt_data.text.sentences import SENTENCE

TRACE = """Okay, the box has 3 rows of 4 cups, so 3 * 4 = 12 cups.

Wait, let me double-check that. Each row has 4 cups. 3 rows of 4 make 12. Yes, that seems right.

Now each cup costs $2.50. Hmm, is that the price of one? The caption says so. So the total is 12 * 2.5 = 30 dollars.

Alternatively, maybe the price is for a pair. But then the total would be 15.

Therefore, the answer is 30."""
LEFT = """Okay, the box has 3 rows of 4 cups, so 3 * 4 = 12 cups.

Now each cup costs $2.50. So the total is 12 * 2.5 = 30 dollars.

Therefore, the answer is 30."""


def excise_one(trace: str) -> str:
    return excise(pl.Series([trace]))[0]


def split(text: str) -> list[str]:
    return [sentence for sentence in pl.Series([text]).str.extract_all(SENTENCE)[0] if sentence]


def test_detours_go_and_the_progress_between_them_stays() -> None:
    assert excise_one(TRACE) == LEFT


@pytest.mark.parametrize(
    ("trace", "left"),
    [
        pytest.param("It is 4. So 8.", "It is 4. So 8.", id="nothing-reflective"),
        pytest.param("Hmm.", "Hmm.", id="nothing-else"),
        pytest.param(
            "Two bars. Wait, it has 7. So 7 in all.\nNow 7 + 1 = 8.", "Two bars. It has 7.\nNow 7 + 1 = 8.", id="live"
        ),
        pytest.param("It is 4.\nHmm, is it 5? Or 6.\nTherefore, 4.", "It is 4.\nTherefore, 4.", id="dead"),
        pytest.param("", "", id="empty"),
    ],
)
def test_values_that_are_used_later_stay(trace: str, left: str) -> None:
    assert excise_one(trace) == left


@pytest.mark.parametrize(
    ("text", "n"),
    [
        pytest.param("It is 3.5 cm. So 7 cm.", 2, id="decimal"),
        pytest.param("E.g. 3 vs. 4, i.e. less. Done.", 2, id="abbreviations"),
        pytest.param("1. Add 3.\n2. Add 4.", 2, id="list"),
        pytest.param("We have \\[\na = 3.\nb = 4\n\\] and so on.", 1, id="displayed-maths"),
        pytest.param("So $x = 3.5$. Then $y$.", 2, id="inline-maths"),
        pytest.param("", 0, id="empty"),
    ],
)
def test_sentences_end_where_a_reader_sees_it(text: str, n: int) -> None:
    assert len(split(text)) == n


PIECES = st.lists(
    st.sampled_from(
        [
            "Wait, no. ",
            "Wait, is it 7? ",
            "Let me verify: 4 + 3 = 7.\n",
            "It is 4. ",
            "So 3.5 + 1 = 4.5.\n\n",
            "Now 1,200 + 7 = 1207.\n",
            "Hmm, ",
            "Well, it is 12. ",
            "But what if e.g. 12 is wrong?\n",
            "\n",
            "2. Add 12…” ",
            "Therefore, 4. ",
            "\\[a = 4.\n\\] ",
            "\\[",
            "$$ 7. \n$$",
            "\\begin{align*} 5. \\end{align} 6. \\end{align*}",
        ]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=25)
@given(PIECES)
def test_something_is_left_of_something_and_nothing_is_added(trace: str) -> None:
    left = excise_one(trace)
    assert "".join(split(trace)) == trace
    assert bool(left.strip()) == bool(trace.strip())
    assert len(left) <= len(trace)


@settings(max_examples=25)
@given(st.lists(PIECES, max_size=12))
def test_a_column_at_once_is_row_by_row(traces: list[str]) -> None:
    assert excise(pl.Series(traces, dtype=pl.String)).to_list() == [excise_by_row(trace) for trace in traces]
