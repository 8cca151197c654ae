"""What one model's requests to one replica came to, in plain numbers that cost next to nothing to count."""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0)
"""Seconds, upper bounds; what takes longer is in one more bucket."""

_PLAIN_PATH = re.compile(r"(/[\w.-]{0,16})*")
"""Words such as /v1 or /openai/v1; a longer one may be a key."""


@dataclass(slots=True)
class Traffic:
    faults: Counter[str] = field(default_factory=Counter[str])
    """Requests without an answer, by kind."""
    replies: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    """Requests with one, by bucket."""
    seconds: float = 0.0
    """Of those with one, together."""

    def count_reply(self, seconds: float) -> None:
        self.replies[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds

    def count_fault(self, kind: str) -> None:
        self.faults[kind] += 1


def show_url(url: str) -> str:
    """A URL as others may see it: user, query, and a path that may be a key are left out."""
    parts = urlsplit(url.rstrip("/"))
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" + (parts.path if _PLAIN_PATH.fullmatch(parts.path) else "")
