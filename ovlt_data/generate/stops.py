"""When failing rows mean that something bigger is wrong: stop before more is spent on it.

Rows that fail are done long before rows that reason. So the first rows are those that set out first, and a share is
one of all that set out: what is still under way may go well.
"""

from ovlt_data.errors import TooManyFailures

ENOUGH = 20
"""Failures before their share says anything."""


class FailureWatch:
    """Counts rows as they set out and end; raises TooManyFailures."""

    def __init__(self, *, max_failed: float, first_alike: int) -> None:
        self._max_failed = max_failed
        self._first_alike = first_alike
        self._started = 0
        self._failed = 0
        self._first: list[str] = []
        """Kinds of failures among the first rows."""
        self.last = ""
        """The last failure, in words."""

    def start(self) -> int:
        """A row sets out; its number, by which it is told apart later."""
        self._started += 1
        return self._started

    def go_well(self, row: int) -> None:
        if row <= self._first_alike:
            self._first_alike = 0

    def recover(self) -> None:
        """A row that had failed went well after all."""
        self._failed -= 1

    def fail(self, row: int, kind: str, message: str) -> None:
        self._failed += 1
        self.last = f"{kind}: {message}"
        if row <= self._first_alike:
            self._note_first(kind)
        if self._failed >= ENOUGH and self._failed > self._max_failed * self._started:
            raise TooManyFailures(
                f"{self._failed} of {self._started} rows failed, more than stop.max_failed ({self._max_failed:g}) "
                f"allows. The last: {self.last}"
            )

    def _note_first(self, kind: str) -> None:
        self._first.append(kind)
        if kind != self._first[0]:
            self._first_alike = 0
        elif len(self._first) == self._first_alike:
            raise TooManyFailures(f"the first {self._first_alike} rows all failed alike: {self.last}")
