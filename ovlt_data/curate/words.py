"""Words of many traces at once: `count_words` read off their bytes, several times as fast as splitting each.

A word starts where a byte that is no white space follows one that is. Texts with white space beyond ASCII are few:
they are split.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from ovlt_data.text.length import count_words

_ROWS = 64
"""Texts at a time: their bytes stay in the processor's cache."""
_BEYOND_ASCII = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_CODES = np.array([int.from_bytes(space.encode().ljust(3, b"\0")) for space in _BEYOND_ASCII])
"""In UTF-8, as numbers of three bytes."""
_LEAST_LEAD, _TWO_BYTES = 0xC2, 0xE0
"""Lead bytes: the first one, and the first that has more than one byte behind it."""

Array = np.ndarray[Any, Any]


def measure(texts: pl.Series) -> pl.Series:
    """Words of each text, by the project's one definition."""
    counts = [number for part in texts.to_frame().iter_slices(_ROWS) for number in _count(part.to_series())]
    return pl.Series("words", counts, dtype=pl.Int64)


def _count(texts: pl.Series) -> list[int]:
    starts, content = _read_bytes(texts)
    space = (content - 9 < 5) | (content - 28 < 5)  # \t to \r, \x1c to the blank: bytes below wrap around
    begins = ~space
    begins[1:] &= space[:-1]
    nonempty = starts[:-1][starts[:-1] < starts[1:]]
    begins[nonempty] = ~space[nonempty]
    counts = [int(np.count_nonzero(begins[start:end])) for start, end in pairwise(starts)]
    for row in {int(row) for row in np.searchsorted(starts, _find_beyond_ascii(content), side="right") - 1}:
        counts[row] = count_words(texts[row])
    return counts


def _read_bytes(texts: pl.Series) -> tuple[Array, Array]:
    """Where each text starts and the last one ends, and the bytes of all, one after another."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(texts) + 1]
    whole = np.frombuffer(content or b"", dtype=np.uint8)
    return starts - starts[0], whole[starts[0] : starts[-1]]


def _find_beyond_ascii(content: Array) -> Array:
    """Where white space stands that is not ASCII."""
    leads = np.flatnonzero(content >= _LEAST_LEAD)
    padded = np.concatenate([content, np.zeros(2, dtype=np.uint8)])
    first, second, third = (padded[leads + ahead].astype(np.int64) for ahead in range(3))
    codes = (first << 16) | (second << 8) | np.where(first < _TWO_BYTES, 0, third)
    return leads[np.isin(codes, _CODES)]
