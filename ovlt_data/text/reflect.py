"""Reflections: the places where a trace turns back on itself, and what is left when it is cut there.

Small students that copy long reflections learn to repeat them without end, so OpenVLThinker drops everything from
the first one on. It names three markers, and more of them would cut too much: first thoughts such as "Hmm" or
"Alternatively" stand near the start of nearly every R1 trace.
"""

import re

MARKERS = ("Wait,", "But wait", "But the question")
"""As they stand in a trace: case counts, since a reflection begins a sentence."""

_MARKER = re.compile("|".join(map(re.escape, MARKERS)))
_LEADING = re.compile(rf"\s*(?:(?:{_MARKER.pattern})\s*)*")


def truncate(reasoning: str) -> str:
    """What stands before the first marker.

    Markers at the very start don't count: nothing stands before them that they could reflect on, and an empty thought
    would teach a student not to think.
    """
    start = _leading_end(reasoning)
    marker = _MARKER.search(reasoning, start)
    return reasoning[: marker.start()].rstrip() if marker else reasoning


def count(reasoning: str) -> int:
    """How often a trace turns back."""
    return len(_MARKER.findall(reasoning))


def _leading_end(reasoning: str) -> int:
    leading = _LEADING.match(reasoning)
    return leading.end() if leading else 0
