"""Repetition loops: what is one, and what only looks like one."""

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.text.loops import LEAST, LONGEST_ROUND, ROUNDS, STEP, LoopWatch, find_round

WORDS = "so first the left number then right one together that makes let me add wait but if we had"
THOUGHT = " ".join(random.Random(1).choices(WORDS.split(), k=600)) + ". "


def watch(text: str, *, piece: int = 16) -> int:
    """Characters after which a loop is found in a text that comes in pieces; 0 where none is."""
    loops = LoopWatch()
    for start in range(0, len(text), piece):
        if loops.add(text[start : start + piece]):
            return start + piece
    return 0


LOOPS = {
    "one character": "!",
    "one word": "the ",
    "a line": "Wait, let me check that once more: 12 + 30 = 42.\n",
    "a cell": "| 0 ",
    "lines alike but for the last": "0 + 0 = 0\n" * 30 + "so it is 0\n",
    "a paragraph": THOUGHT[:1500],
    "other alphabets": "再想一想，十二加三十。",
}

ORDINARY = {
    "table of equal rows": "| red | circle | 1 | yes | none |\n" * 60,
    "matrix of zeros": "0 & " * 19 + "0 \\\\\n" + ("0 & " * 19 + "0 \\\\\n") * 30,
    "ruled table": "|" + "------|" * 80 + "\n",
    "numbers": ", ".join(str(n) for n in range(5000)),
    "steps that count on": "".join(f"Step {n}: add 1 and get {n + 1}.\n" for n in range(800)),
    "multiplication table": "".join(f"{a} x {b} = {a * b}\n" for a in range(40) for b in range(40)),
    "sum of many equal terms": "1 + " * 500,
    "long decimal": "0." + "142857" * 400,
    "big number": "1" + "0" * 2500,
    "one thought said four times": THOUGHT[:1900] * 4,
    "dots": "." * 2000,
}


@pytest.mark.parametrize("passage", LOOPS.values(), ids=LOOPS)
def test_loop_is_found_soon_after_it_is_one(passage: str) -> None:
    found = watch(THOUGHT + passage * 20_000)
    assert 0 < found <= len(THOUGHT) + max(LEAST, ROUNDS * len(passage)) + len(passage) + 2 * STEP


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_repetition_is_none(text: str) -> None:
    assert watch(THOUGHT + text + THOUGHT) == 0


def test_what_repeats_too_long_a_passage_is_none() -> None:
    passage = "".join(random.Random(2).choices("abcdef ", k=LONGEST_ROUND + 1))
    assert watch(passage * 10) == 0


@given(st.text("ab", min_size=1, max_size=30), st.lists(st.integers(1, 2000), min_size=1, max_size=40))
def test_pieces_make_no_difference(passage: str, sizes: list[int]) -> None:
    text = THOUGHT + passage * (LEAST // len(passage))
    loops, start, found = LoopWatch(), 0, False
    for size in (*sizes, len(text)):
        found = found or loops.add(text[start : start + size])
        start += size
    assert found == (watch(text) > 0)


@given(st.text("ab 0", min_size=1, max_size=200))
def test_round_is_what_the_end_repeats(passage: str) -> None:
    text = "x" + passage * (LEAST * 2 // len(passage) + 1)
    size = find_round(text)
    assert size == 0 or text[-LEAST:] == text[-LEAST - size : -size]
    assert size > 0 or len(passage) > 1


@pytest.mark.parametrize("name", ["deepseek_r1_gsm8k_math", "deepseek_r1_missing_premise", "r1_distill_general"])
def test_real_traces_are_left_alone(name: str) -> None:
    if "OVLT_SAMPLES" not in os.environ:
        pytest.skip("OVLT_SAMPLES names no folder of sample data: real R1 traces are NOT tested")
    lines = (Path(os.environ["OVLT_SAMPLES"]) / "r1_traces" / f"{name}.jsonl").read_text().splitlines()
    traces = [json.loads(line)["reasoning"] for line in lines]
    assert len(traces) > 10
    assert not any(watch(trace, piece=64) for trace in traces)
