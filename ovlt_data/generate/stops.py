"""When failing rows mean that something bigger is wrong: stop before more is spent on it."""

from ovlt_data.errors import TooManyFailures

ENOUGH = 20
"""Failures before their share says anything."""


class FailureWatch:
    """Counts rows as they end; raises TooManyFailures."""

    def __init__(self, *, max_failed: float, first_alike: int) -> None:
        self._max_failed = max_failed
        self._first_alike = first_alike
        self._done = 0
        self._failed = 0
        self._alike: str | None = None
        self.last = ""
        """The last failure, in words."""

    def note(self, kind: str | None, message: str = "") -> None:
        """A row ended: `kind` of its failure, None for one that went well."""
        self._done += 1
        if kind is None:
            self._first_alike = 0
            return
        self._failed += 1
        self.last = f"{kind}: {message}"
        self._note_first(kind)
        if self._failed >= ENOUGH and self._failed > self._max_failed * self._done:
            raise TooManyFailures(
                f"{self._failed} of {self._done} rows failed, more than stop.max_failed ({self._max_failed:g}) allows. "
                f"The last: {self.last}"
            )

    def _note_first(self, kind: str) -> None:
        if self._done > self._first_alike:
            return
        if self._alike not in (None, kind):
            self._first_alike = 0
        self._alike = kind
        if self._done == self._first_alike:
            raise TooManyFailures(f"the first {self._done} rows all failed alike: {self.last}")
