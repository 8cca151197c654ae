"""A range is a pair: "7%-12%", "7 to 12", "between 7 and 12". Never a subtraction, and its order counts."""

import re

from ovlt_data.answers.literals import Number
from ovlt_data.answers.nearness import equal
from ovlt_data.answers.numbers import read_number

_WORDS = re.compile(r"^(?:from|between)\s++", re.IGNORECASE)
_JOINT_WORD = re.compile(r" (?:to|and|through|until) ")
_JOINT = re.compile(
    r"(?<=[\w%).°]) ?(?:-{1,3}|~) ?(?=[-$€£.\d(])|(?<=[\w%).°]) (?:to|and|through|until) (?=[-$€£.\d(])"
)


def read_range(text: str) -> tuple[Number, Number] | None:
    ends = range_ends(text)
    if ends is None:
        return None
    low, high = read_number(ends[0]), read_number(ends[1])
    if low is None or high is None:
        return None
    return _sharing_units(low, high), high


def range_ends(text: str) -> list[str] | None:
    text = text.strip().rstrip(".")
    if len(text) > 120 or not ("-" in text or "~" in text or _JOINT_WORD.search(text)):
        return None
    worded = _WORDS.match(text)
    ends = _JOINT.split(text[worded.end() :] if worded else text)
    return ends if len(ends) == 2 and (worded or " and " not in text) else None


def is_clearly_range(text: str) -> bool:
    """As a gold of no declared type: both ends plain numbers, joined by a dash or a word."""
    return text[:1].isascii() and text[:1] != "-" and read_range(text) is not None


def equal_ranges(one: tuple[Number, Number], gold: tuple[Number, Number], *, unit: str = "") -> bool:
    return all(equal(end, gold_end, unit=unit) for end, gold_end in zip(one, gold, strict=True))


def _sharing_units(low: Number, high: Number) -> Number:
    """7-12% means 7%-12%."""
    if high.percent and not low.percent:
        low = low._replace(percent=True)
    if high.unit and not low.unit and not low.noun:
        low = low._replace(unit=high.unit)
    return low
