"""Which sentences turn back: sentences of ours, labelled before the rules were written.

The same person wrote both, so the figures are an upper bound. Of 70 sentences drawn from real R1 traces, read by that
person, 12 were called reflective, one of them doubtfully, and 5 more should have been.
"""

import json
import re
from pathlib import Path

import pytest

from ovlt_data.text.reflect import MARKERS, OPENER, PHRASE, REFLECTIVE, describe_stripped, is_reflective
from ovlt_data.types import Stripped

LABELLED = [
    json.loads(line) for line in Path(__file__).with_name("reflective_sentences.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("part", ["tuning", "held_out"])
def test_labelled_sentences_are_told_apart(part: str) -> None:
    rows = [row for row in LABELLED if row["part"] == part]
    called = [row["is_reflection"] for row in rows if is_reflective(row["sentence"])]
    assert len(rows) >= 60
    assert sum(called) / len(called) >= 0.97
    assert sum(called) / sum(row["is_reflection"] for row in rows) >= 0.97


@pytest.mark.parametrize(
    ("sentence", "reflective"),
    [
        pytest.param("Wait, is it 4?", True, id="wait"),
        pytest.param("The wait, at 9 minutes, is long.", False, id="noun"),
        pytest.param("Wait times are 4 minutes.", False, id="compound"),
        pytest.param("Hold on to the 3.", False, id="hold-on-to"),
        pytest.param("Alternatively, the red bar shows 4.", False, id="an-approach"),
        pytest.param("Alternatively, maybe it is the red bar.", True, id="a-doubt"),
        pytest.param("", False, id="empty"),
    ],
)
def test_a_marker_in_ordinary_language_is_none(sentence: str, reflective: bool) -> None:
    assert is_reflective(sentence) is reflective


def test_each_reflective_sentence_counts_once() -> None:
    text = "It is 4. Wait, let me double-check that. 2 + 2 = 4. Hold on to it.\nHmm. So 4."
    assert len(re.findall(REFLECTIVE, text)) == 2


def test_markers_compile_without_look_around() -> None:
    assert "(?=" not in OPENER + PHRASE
    assert MARKERS.version >= 1


def test_figures_are_told_in_one_line() -> None:
    stripped = Stripped(markers=1, reflections=(4, 0.5), words=(300, 120), answer_follows=(0.9, 0.8))
    assert describe_stripped(stripped) == (
        "reflections per trace 4.0 → 0.5, words 300 → 120, answer stands in 90% → 80%"
    )
