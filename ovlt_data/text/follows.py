"""Whether a thought still leads to its answer: the answer's value, or its choice, stands in it.

A rough sign, for counting what a cut did and for dropping the worst: a value can stand there by chance.
"""

import re
from collections.abc import Sequence

_DROPPED = ",$\\{}"
_END = 400
"""Characters in which an answer stands most often: they are read first, from the start of a word."""
_TEXT = re.compile(r"\\text(?:bf|rm|it)?\b")


def answer_stands(thought: str, value: str, letter: str = "") -> bool:
    """`value` as a whole word or number, in any case and with or without separators; or the choice's `letter`."""
    if letter and re.search(rf"\({letter}\)|\b(?i:option|choice|answer)(?i: is)?:? *\(?{letter}\b", thought):
        return True
    words = _fold(_TEXT.sub("", value)).split()
    end = thought[max(thought.find(" ", len(thought) - _END), 0) :]
    return bool(words) and (_holds(_fold(end), words) or _holds(_fold(thought), words))


def _holds(text: str, words: Sequence[str]) -> bool:
    """The words in a row, whatever white space is between them; where one is missing, no need to search."""
    wanted = r"\s+".join(map(re.escape, words))
    return all(word in text for word in words) and re.search(rf"(?<![\w.]){wanted}(?!\.?\w)", text) is not None


def _fold(text: str) -> str:
    for mark in _DROPPED:
        text = text.replace(mark, "")
    return text.casefold()
