import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.text.think import Thought, split_reasoning

R1_WITHOUT_OPENING_TAG = """Okay, so the base is 6 and the height is 4.

Wait, is the height given? Yes, the caption says so.
</think>

The area is half of base times height:

\\[
\\frac{6 \\cdot 4}{2} = 12
\\]

\\boxed{12}"""

R1_WITH_TAGS = (
    "<think>Okay, let me look at the chart first.\n\nThe tallest bar is red.\n</think>\n\nThe tallest bar is **red**."
)


@pytest.mark.parametrize(
    ("content", "reasoning", "expected"),
    [
        pytest.param("It is 4.", "2 + 2", Thought("2 + 2", "It is 4.", "field"), id="field"),
        pytest.param("<think>2 + 2</think>It is 4.", None, Thought("2 + 2", "It is 4.", "tags"), id="tags"),
        pytest.param(
            "2 + 2\n</think>\n\nIt is 4.", None, Thought("2 + 2", "It is 4.", "missing_open"), id="no-opening-tag"
        ),
        pytest.param("<think>2 + 2 is", None, Thought("2 + 2 is", "", "unclosed"), id="no-closing-tag"),
        pytest.param(None, "2 + 2 is", Thought("2 + 2 is", "", "unclosed"), id="field-and-no-content"),
        pytest.param("", "2 + 2 is", Thought("2 + 2 is", "", "unclosed"), id="field-and-empty-content"),
        pytest.param(None, "2 + 2</think>It is 4.", Thought("2 + 2", "It is 4.", "field"), id="whole-reply-in-field"),
        pytest.param("It is 4.", None, Thought("", "It is 4.", "none"), id="content-alone"),
        pytest.param(" It is 4.\n", " \n", Thought("", "It is 4.", "none"), id="blank-field"),
        pytest.param("<think>\n\n</think>\n\n4", None, Thought("", "4", "none"), id="empty-thought"),
        pytest.param("</think>4", None, Thought("", "4", "none"), id="closing-tag-first"),
        pytest.param("<think>2 + 2</think>", None, Thought("2 + 2", "", "tags"), id="nothing-after-the-thought"),
        pytest.param(None, None, Thought("", "", "none"), id="nothing"),
        pytest.param(" \n", "\t", Thought("", "", "none"), id="white-space"),
        pytest.param(
            "<think>a</think>\nb\n<think>c</think>\nd", None, Thought("a\nb\nc", "d", "tags"), id="two-thoughts"
        ),
        pytest.param("a</think>b</think>c", None, Thought("ab", "c", "missing_open"), id="two-closing-tags"),
        pytest.param(
            "<think>I close with </think> later.\n</think>4",
            None,
            Thought("I close with  later.", "4", "tags"),
            id="quoted-closing-tag",
        ),
        pytest.param("Well.<think>a</think>4", None, Thought("Well.a", "4", "missing_open"), id="words-before-the-tag"),
        pytest.param("Write <think> first.", None, Thought("", "Write <think> first.", "none"), id="tag-in-an-answer"),
        pytest.param("<think>2 + 2</think>4", "2 + 2", Thought("2 + 2", "4", "field"), id="field-repeated-in-tags"),
        pytest.param(
            "<think>2\n+ 2</think>4", "2 + 2", Thought("2 + 2", "4", "field"), id="repeated-with-other-breaks"
        ),
        pytest.param("<think>so: 2 + 2</think>4", "2 + 2", Thought("so: 2 + 2", "4", "field"), id="field-cut-short"),
        pytest.param("<think>b</think>4", "a", Thought("a\n\nb", "4", "field"), id="field-and-another-thought"),
        pytest.param(
            "later.</think>4", "I close", Thought("I close\n\nlater.", "4", "field"), id="parser-split-a-quote"
        ),
        pytest.param("<think>b", "a", Thought("a\n\nb", "", "unclosed"), id="field-and-an-open-thought"),
        pytest.param("4", "<think>a</think>", Thought("a", "4", "field"), id="tags-inside-the-field"),
    ],
)
def test_each_form_of_reply_is_taken_apart(content: str | None, reasoning: str | None, expected: Thought) -> None:
    assert split_reasoning(content, reasoning) == expected


def test_r1_as_its_chat_template_makes_it_begin() -> None:
    thought = split_reasoning(R1_WITHOUT_OPENING_TAG, None)
    assert thought.origin == "missing_open"
    assert thought.reasoning.endswith("the caption says so.")
    assert thought.content.startswith("The area")


def test_r1_distilled_with_both_tags() -> None:
    thought = split_reasoning(R1_WITH_TAGS, None)
    assert thought == Thought(
        "Okay, let me look at the chart first.\n\nThe tallest bar is red.", "The tallest bar is **red**.", "tags"
    )


PIECES = st.lists(st.sampled_from(["<think>", "</think>", "a", " ", "\n", "Wait, "]), max_size=8).map("".join)


@given(PIECES, PIECES)
def test_no_tag_is_left_in_the_reasoning_and_no_closing_tag_in_the_content(content: str, reasoning: str) -> None:
    thought = split_reasoning(content, reasoning)
    assert "think>" not in thought.reasoning
    assert "</think>" not in thought.content
    assert (thought.origin == "none") == (not thought.reasoning) or thought.origin == "unclosed"


@given(PIECES)
def test_no_word_is_lost(content: str) -> None:
    thought = split_reasoning(content, None)
    assert (thought.reasoning + thought.content).count("a") == content.count("a")


@pytest.mark.parametrize(
    ("file", "origin", "others"),
    [
        pytest.param("deepseek_r1_gsm8k_math.jsonl", "missing_open", 1, id="gsm8k-math"),
        pytest.param("deepseek_r1_missing_premise.jsonl", "missing_open", 0, id="missing-premise"),
        pytest.param("r1_distill_general.jsonl", "tags", 0, id="distilled"),
    ],
)
def test_real_r1_traces(file: str, origin: str, others: int) -> None:
    rows = [json.loads(line)["reasoning"] for line in _samples(file).read_text("utf-8").splitlines()]
    thoughts = [split_reasoning(row, None) for row in rows]
    wanted = [thought for thought in thoughts if thought.origin == origin]
    assert len(wanted) == len(rows) - others
    assert all(thought.reasoning and thought.content and "think>" not in "".join(thought[:2]) for thought in wanted)


def _samples(file: str) -> Path:
    if "OVLT_SAMPLES" not in os.environ:
        pytest.skip("OVLT_SAMPLES names no folder of sample data: real R1 traces are NOT tested")
    return Path(os.environ["OVLT_SAMPLES"]) / "r1_traces" / file
