"""The one number that a whole sentence says: "Carmen spent **70 minutes** playing", "He reads 6 pages per day".

Only where the sentence holds no second number and nothing that weighs, compares, calculates or labels ("at least 7",
"twice 7", "figure 7"); its unit comes along, so that 15 feet are not 15 inches.
"""

import re

from ovlt_data.answers.literals import Number
from ovlt_data.answers.number_words import ALL as NUMBER_WORDS
from ovlt_data.answers.numbers import read_number
from ovlt_data.answers.phrases import denies

_MAX_LENGTH = 300
_LITERAL = r"[-$€£]{0,2}\d[\d,]*+(?:\.\d+)?+(?![\d/^:\\-]|\.\d)"
_UNIT = r"(?: ?(?:[%°$€£]|[A-Za-z]{1,3}\^\{?[23]\}?))?"
_NUMBER = re.compile(rf"(?<![\w.,/^-]){_LITERAL}{_UNIT}")
_DENIED = re.compile(
    rf"(?:\b(?:no|not),? )?(?:\b(?:it's|it is) )?\bnot {_LITERAL}{_UNIT},? (?=(?:but|it's|it is|which is|that is)\b)",
    re.IGNORECASE,
)
_MEASURED = rf"{_LITERAL}(?:{_UNIT}| ?[A-Za-z]{{1,12}})"
_RESTATED = re.compile(rf"(?<![\w.,/^-]){_MEASURED},? (?=which is {_MEASURED}\W*$)")
"""The first of "4 m which is 400 cm"."""
_WORDS = re.compile(r"[A-Za-z' ,.:*%°-]*+")
_WEIGHING = """
at least most over under above below beyond up down almost nearly more less fewer twice half double triple quarter times
squared cubed root plus minus divided multiplied ratio between within out maybe perhaps possibly could might may both
also another other if unknown impossible wrong incorrect false
"""
_LABELS = """
figure image picture step option choice panel page chapter problem question number line row column part item case table
equation example circle point angle
"""
_WEIGHS = frozenset(_WEIGHING.split())
_LABELLED = re.compile(rf"\b(?:{'|'.join(_LABELS.split())})\W*$", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
_KNOWN_COUNT = re.compile(r"\b(?:the|these|those|all) (?:two|three|four|five|six)\b")
"""Of "the three conditions": known before, and no answer."""
_TAIL_WORD = re.compile(r"[ *]*(?!(?:on|in|for|at|by|with|from|of|each|an?|the)\b)([A-Za-z][A-Za-z'-]*)")


def read_sentence(text: str) -> Number | None:
    if len(text) > _MAX_LENGTH:
        return None
    text = _RESTATED.sub("", _DENIED.sub("", text))
    numbers = _NUMBER.findall(text)
    if len(numbers) != 1:
        return None
    before, _, after = text.partition(numbers[0])
    if not before.strip() or _LABELLED.search(before) or not _is_plain(before) or not _is_plain(after):
        return None
    number = numbers[0].strip()
    word = _TAIL_WORD.match(after)
    return read_number(number if word is None else f"{number} {word[1]}")


def _is_plain(text: str) -> bool:
    """Words that say no number of their own, and turn none into another."""
    if not _WORDS.fullmatch(text) or denies(text):
        return False
    words = _WORD.findall(_KNOWN_COUNT.sub("", text.lower()))
    return not any(word in _WEIGHS or word in NUMBER_WORDS for word in words)
