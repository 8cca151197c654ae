"""Numbers in words: "one thousand", "twenty-three", "three quarters", "two and a half", "minus four"."""

import re
from fractions import Fraction
from typing import NamedTuple

_SMALL_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen
"""
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_PART_WORDS = "third fourth fifth sixth seventh eighth ninth tenth"
_SMALL = {word: number for number, word in enumerate(_SMALL_WORDS.split())}
_TENS = {word: 10 * number for number, word in enumerate(_TEN_WORDS.split(), start=2)}
SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_PARTS = {
    "half": 2,
    "halves": 2,
    **{name + ending: number for number, name in enumerate(_PART_WORDS.split(), start=3) for ending in ("", "s")},
    "quarter": 4,
    "quarters": 4,
    **dict.fromkeys(("hundredth", "hundredths"), 100),
    **dict.fromkeys(("thousandth", "thousandths"), 1_000),
}
_NEGATIVE = ("negative", "minus")
_WORD = re.compile(r"[A-Za-z]++")

ALL = frozenset({*_SMALL, *_TENS, *SCALES, *_PARTS, *_NEGATIVE})


class Read(NamedTuple):
    value: Fraction
    rest: str
    """What follows the number."""


def read_words(text: str) -> Read | None:
    """The number that the text begins with."""
    words = list(_WORD.finditer(text[:200]))
    spoken = [word[0].lower() for word in words]
    negative = bool(spoken) and spoken[0] in _NEGATIVE
    taken, value = _value(spoken, 1 if negative else 0)
    if value is None:
        return None
    return Read(-value if negative else value, text[words[taken - 1].end() :])


def _value(spoken: list[str], start: int) -> tuple[int, Fraction | None]:
    """How many words were taken, and what they say: a whole number, a fraction, or both."""
    if spoken[start : start + 1] == ["half"]:
        return start + 1, Fraction(1, 2)
    at, whole = _whole(spoken, start)
    if whole is None:
        return start, None
    if at < len(spoken) and spoken[at] in _PARTS:
        return at + 1, Fraction(whole, _PARTS[spoken[at]])
    if spoken[at : at + 1] == ["and"]:
        after, above = _whole(spoken, at + 1)
        if above is not None and after < len(spoken) and spoken[after] in _PARTS:
            return after + 1, whole + Fraction(above, _PARTS[spoken[after]])
    return at, Fraction(whole) if spoken[start:at] not in (["a"], ["an"]) else None


def _whole(spoken: list[str], start: int) -> tuple[int, int | None]:
    """ "two hundred and five thousand": what was said so far is multiplied by each scale that follows."""
    total, current, at = 0, None, start
    while at < len(spoken):
        word = spoken[at]
        if word in ("a", "an") and at == start:
            current = 1
        elif word in _SMALL or word in _TENS:
            current = (current or 0) + _SMALL.get(word, _TENS.get(word, 0))
        elif word == "hundred" or word == "dozen":
            current = (current or 1) * SCALES[word]
        elif word in SCALES:
            total, current = total + (current or 1) * SCALES[word], 0
        elif not (word == "and" and at > start and _continues(spoken, at)):
            break
        at += 1
    return at, None if current is None else total + current


def _continues(spoken: list[str], at: int) -> bool:
    """ "and" joins only after a scale ("two hundred and five"): "four and five" are two numbers."""
    follows = spoken[at + 1] if at + 1 < len(spoken) else ""
    return spoken[at - 1] in SCALES and (follows in _SMALL or follows in _TENS)
