"""What an official rule gives, and what it looks at.

The benchmarks' rules know neither thoughts nor answer tags, which are our models' format: both are taken off first, and
the rule sees the content of the last tag, or all that was said after the thought.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from ovlt_data.answers.extract import extract
from ovlt_data.answers.ruling import Gold

MAX_REPLY = 4_096
"""Characters, from the end: some official expressions take quadratic time."""

_LAST_TAG = re.compile(r".*<answer>(.*?)(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)


class Scored(Struct, frozen=True, kw_only=True):
    """The verdict of another grader than ours."""

    score: float | None
    """0 to 1; None where it could not decide."""
    extracted: str | None = None
    """The answer as that grader sees it."""
    method: str = ""
    reason: str = ""
    """Of a score of None: `timeout`, `memory`, `no_gold`, `no_choices`."""


Rule = Callable[[str, Gold], Scored]
"""From a reply without thought and tags, and a gold."""


def reply_of(output: str) -> str | None:
    """None while a thought is open."""
    end = output.rfind("</think>")
    if output.rfind("<think>") > end:
        return None
    spoken = output[end + len("</think>") :] if end >= 0 else output
    tagged = _LAST_TAG.match(spoken) if "<" in spoken else None
    return (tagged[1] if tagged else spoken).strip()[-MAX_REPLY:]


def found(reply: str) -> str:
    """The answer as our own extraction finds it: where the official one is a language model."""
    return extract(reply).value or ""


def scored(right: bool, said: str) -> Scored:
    return Scored(score=float(right), extracted=said)


def undecided(reason: str) -> Scored:
    return Scored(score=None, reason=reason)
