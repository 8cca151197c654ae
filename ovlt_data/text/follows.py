"""Whether a thought still leads to its answer: the answer's value, or its choice, stands in it.

A rough sign, for counting what a cut did and for dropping the worst: a value can stand there by chance.
"""

import re

_DROPPED = ",$\\{}"
_END = 400
"""Characters in which an answer stands most often: they are read first, from the start of a word."""
_TEXT = re.compile(r"\\text(?:bf|rm|it)?\b")


def answer_stands(thought: str, value: str, letter: str = "") -> bool:
    """`value` as a whole word or number, in any case and with or without separators; or the choice's `letter`."""
    if letter and re.search(rf"\({letter}\)|\b(?i:option|choice|answer)(?i: is)?:? *\(?{letter}\b", thought):
        return True
    wanted = _fold(_TEXT.sub("", value))
    end = thought[max(thought.find(" ", len(thought) - _END), 0) :]
    return bool(wanted) and (_holds(_fold(end), wanted) or _holds(_fold(thought), wanted))


def _holds(text: str, wanted: str) -> bool:
    return wanted in text and re.search(rf"(?<![\w.]){re.escape(wanted)}(?!\.?\w)", text) is not None


def _fold(text: str) -> str:
    for mark in _DROPPED:
        text = text.replace(mark, "")
    return " ".join(text.casefold().split())
