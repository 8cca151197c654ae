"""Sentences of a trace, cut so that joined they are the text again.

A sentence ends at a line's end or at a full stop before white space. Decimals have no white space there; the dots of
abbreviations and of list numbers are passed over, and so is everything inside displayed maths.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_DISPLAYED = r"\$\$.+?\$\$|\\\[.+?\\\]|\\begin\{(\w+\*?)\}.+?\\end\{\1\}"
_END = r"(?P<end>[.!?…]+[\"'”’)\]*}]*\s+|\n\s*)"
_CUT = re.compile(f"{_DISPLAYED}|{_END}", re.DOTALL)
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|etc|mr|mrs|ms|dr|st|fig|eq|no|cf)|(?:^|\n)[ \t]*\d+)\.\s+$", re.IGNORECASE
)
_REACH = 12
"""Characters before an end in which an abbreviation fits."""


def split_sentences(text: str) -> list[str]:
    """Each with the white space that follows it."""
    ends = [0, *_ends(text), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


def _ends(text: str) -> Iterator[int]:
    for cut in _CUT.finditer(text):
        if cut["end"] and not _is_inner(text, cut):
            yield cut.end()


def _is_inner(text: str, cut: re.Match[str]) -> bool:
    return cut["end"][0] == "." and _NO_END.search(text[max(0, cut.start() - _REACH) : cut.end()]) is not None
