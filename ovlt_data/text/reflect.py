"""Reflections: the sentences in which a trace turns back on itself, to doubt, to re-check, to consider another reading.

Small students that copy long reflections learn to repeat them without end, so OpenVLThinker drops everything from
the first one on. It names three markers. The fuller set was found on real R1 traces: it is for counting and for
`excise`, since first thoughts such as "Hmm" stand near the start of nearly every trace, and a cut there leaves nothing.
"""

import re
from functools import cache
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

from ovlt_data.types import Stripped


class Markers(Struct, frozen=True):
    """`markers.yaml`, where each part is explained."""

    version: int
    paper: list[str]
    leads: str
    fillers: str
    openers: list[str]
    phrases: list[str]
    steps: str
    conclusions: str


@cache
def load_markers() -> Markers:
    text = Path(__file__).with_name("markers.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), Markers)


MARKERS = load_markers()
PAPER = "|".join(map(re.escape, MARKERS.paper))
"""Case counts, as in a trace: a reflection begins a sentence."""
OPENER = rf"(?:{MARKERS.leads})(?:{'|'.join(MARKERS.openers)})"
PHRASE = "|".join(MARKERS.phrases)
REFLECTIVE = rf"(?i)(?:(?:^|[.!?…][\"')*]*\s|\n)\s*{OPENER}|{PHRASE})[^.!?\n]*"
"""One match for each reflective sentence of a text: the rest of the sentence belongs to it."""
TURN = rf"(?i)^\s*[\"'(*]*(?:{OPENER})|{PHRASE}"
"""One match at most in one reflective sentence."""

_REFLECTIVE = re.compile(rf"\s*[\"'(*]*(?:{OPENER})|.*?(?:{PHRASE})", re.IGNORECASE | re.DOTALL)


def is_reflective(sentence: str) -> bool:
    return _REFLECTIVE.match(sentence) is not None


def describe_stripped(stripped: Stripped) -> str:
    """For people: in the funnel, on the card and in the report."""
    reflections, words, follows = stripped.reflections, stripped.words, stripped.answer_follows
    return (
        f"reflections per trace {reflections[0]:.1f} → {reflections[1]:.1f}, words {words[0]:.0f} → {words[1]:.0f}, "
        f"answer stands in {follows[0]:.0%} → {follows[1]:.0%}"
    )
