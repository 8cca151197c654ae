"""What a model thought and what it then said, wherever the server put the two.

Everything before the last </think> is thought, as for the grader, which reads answers only after it. So a tag that a
model quotes while it thinks, a second thought, and words before the opening tag all end up in the reasoning, and no
tag is left in either part: a dataset's row writes its own.
"""

import re
from typing import NamedTuple

from ovlt_data.types import ReasoningOrigin

OPEN, CLOSE = "<think>", "</think>"
_TAG = re.compile("</?think>")


class Thought(NamedTuple):
    """A reply in its two parts, both stripped and without tags."""

    reasoning: str
    content: str
    origin: ReasoningOrigin


def split_reasoning(content: str | None, reasoning: str | None) -> Thought:
    """Of a reply's `content` and `reasoning` fields, either of which a server may leave out."""
    thought = _split((content or "").strip(), (reasoning or "").strip())
    return thought if thought.reasoning or thought.origin == "unclosed" else thought._replace(origin="none")


def _split(said: str, field: str) -> Thought:
    if not field:
        return _split_tags(said)
    if not said:
        return _split_field(field)
    return _join(_without_tags(field), _split_tags(said))


def _split_tags(text: str) -> Thought:
    opened = text.startswith(OPEN)
    before, close, after = text.rpartition(CLOSE)
    if close:
        return Thought(_without_tags(before), _without_tags(after), "tags" if opened else "missing_open")
    if opened:
        return Thought(_without_tags(text), "", "unclosed")
    return Thought("", text, "none")


def _split_field(field: str) -> Thought:
    """A field that holds the whole reply: vLLM's parsers put it there when </think> never came."""
    if CLOSE in field:
        return _split_tags(field)._replace(origin="field")
    return Thought(_without_tags(field), "", "unclosed")


def _join(field: str, said: Thought) -> Thought:
    """Some servers repeat the field between tags in the content, others break a thought at a tag that it quotes."""
    whole = _merge(field, said.reasoning)
    return Thought(whole, said.content, "unclosed" if said.origin == "unclosed" else "field")


def _merge(first: str, second: str) -> str:
    if _words(second) in _words(first):
        return first
    return second if _words(first) in _words(second) else f"{first}\n\n{second}"


def _words(text: str) -> str:
    return " ".join(text.split())


def _without_tags(text: str) -> str:
    return _TAG.sub("", text).strip()
