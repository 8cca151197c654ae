"""`--shard I/N`: one of N processes, on as many machines, that share the problems of a run without talking.

What could be one request stays in one shard: problems on the same pictures, which share their caption, and text
problems of the same words. So shards ask for nothing twice, and their stores together are that of an undivided run.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from ovlt_data.errors import UsageError
from ovlt_data.types import Problem, Unusable


class Shard(Struct, frozen=True):
    """Part `number` of `of`, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"

    def pick(self, rows: Iterable[Problem | Unusable]) -> Iterator[Problem | Unusable]:
        """The rows that are this shard's."""
        return (row for row in rows if draw(row) % self.of == self.number - 1)


def read_shard(text: str) -> Shard:
    """`2/3` as typed. Raises UsageError."""
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    shard = Shard(int(match[1]), int(match[2])) if match else None
    if shard is None or not 1 <= shard.number <= shard.of:
        raise UsageError(f"--shard {text}: expected I/N with I from 1 to N, as in 2/3")
    return shard


def draw(row: Problem | Unusable) -> int:
    """A number from what a row shares with others, the same on every machine."""
    if isinstance(row, Unusable):
        said = f"{row.source} {row.origin}"
    else:
        said = " ".join(image.sha256 for image in row.images) or row.question
    return int.from_bytes(hashlib.sha256(said.encode(errors="replace")).digest()[:8])
