"""Whether a thought still leads to its answer: the answer's value, or its choice, stands in it.

A rough sign, for counting what a cut did and for dropping the worst: a value can stand there by chance.
"""

import re

_DROPPED = str.maketrans("", "", ",$\\{}")
_TEXT = re.compile(r"\\text(?:bf|rm|it)?\b")


def answer_stands(thought: str, value: str, letter: str = "") -> bool:
    """`value` as a whole word or number, in any case and with or without separators; or the choice's `letter`."""
    if letter and re.search(rf"\({letter}\)|\b(?i:option|choice|answer)(?i: is)?:? *\(?{letter}\b", thought):
        return True
    text, wanted = _fold(thought), _fold(_TEXT.sub("", value))
    if not wanted or wanted not in text:
        return False
    return re.search(rf"(?<![\w.]){re.escape(wanted)}(?!\.?\w)", text) is not None


def _fold(text: str) -> str:
    return " ".join(text.translate(_DROPPED).casefold().split())
