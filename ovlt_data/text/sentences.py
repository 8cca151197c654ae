"""Sentences of a trace, cut so that joined they are the text again.

A sentence ends at a line's end or at a full stop before white space. Decimals have no white space there; the dots of
abbreviations and of list numbers are passed over, and so is everything inside displayed maths.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_DISPLAYED = r"\$\$.+?\$\$|\\\[.+?\\\]|\\begin\{(\w+\*?)\}.+?\\end\{\1\}"
_NO_END = r"\b(?:[Ee]\.g|[Ii]\.e|vs|approx|etc|Mr|Mrs|Ms|Dr|St|Fig|fig|Eq|eq|No|cf)\.|^[ \t]*\d+\."
_END = r"(?P<end>[.!?…]+[\"'”’)\]*}]*\s+|\s*\n\s*)"
_CUT = re.compile(rf"{_DISPLAYED}|{_NO_END}|{_END}", re.DOTALL | re.MULTILINE)


def split_sentences(text: str) -> list[str]:
    """Each with the white space that follows it."""
    ends = [0, *_ends(text), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


def _ends(text: str) -> Iterator[int]:
    return (cut.end() for cut in _CUT.finditer(text) if cut["end"])
