"""`stop_when`: what is full is fed no further.

Rows are counted as curation would keep them. Curating a few problems costs milliseconds, so problems wait until those
that wait could make something full, or are many.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

import polars as pl

from ovlt_data.generate.record import probe_row, problem_row, sample_row
from ovlt_data.recipe import StopWhen
from ovlt_data.tables import PROBES, PROBLEMS, SAMPLES
from ovlt_data.types import Probed, Problem, Sample

MANY = 256
Curate = Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""Problems, samples and probes -> the rows that are kept, with their `source`."""
Waiting = list[tuple[Problem, int, list[Sample], list[Probed]]]


class Quota:
    """Which sources are full. Rows that set out before that are finished: see `curate.cut_rows` for which are kept."""

    def __init__(self, stop_when: StopWhen, curate: Curate) -> None:
        self._stop_when = stop_when
        self._curate = curate
        self._rows: Counter[str] = Counter()
        self._likely: Counter[str] = Counter()
        """Most rows that can come of the problems that wait."""
        self._waiting: Waiting = []
        self._full = False

    @property
    def is_over(self) -> bool:
        """Whether the whole dataset is full."""
        return self._full

    def is_full(self, source: str) -> bool:
        return self._full or self._rows[source] >= self._stop_when.sources.get(source, self._rows[source] + 1)

    async def count(self, problem: Problem, number: int, samples: list[Sample], probed: list[Probed]) -> None:
        """A problem has its samples; `number` is its place in the order of reading."""
        if not self._asks:
            return
        self._waiting.append((problem, number, samples, probed))
        self._likely[problem.source] += max(1, sum(sample.verdict.status == "correct" for sample in samples))
        if len(self._waiting) >= MANY or self._may_be_full():
            waiting, self._waiting, self._likely = self._waiting, [], Counter()
            self._rows += await asyncio.to_thread(self._count, waiting)
            self._full = self._reaches(self._rows)

    @property
    def _asks(self) -> bool:
        return self._stop_when.rows is not None or bool(self._stop_when.sources)

    def _may_be_full(self) -> bool:
        rows = self._rows + self._likely
        return self._reaches(rows) or any(
            self._rows[source] < limit <= rows[source] for source, limit in self._stop_when.sources.items()
        )

    def _reaches(self, rows: Counter[str]) -> bool:
        limits = self._stop_when.sources
        needed = sum(min(n, limits.get(source, n)) for source, n in rows.items())
        return self._stop_when.rows is not None and needed >= self._stop_when.rows

    def _count(self, waiting: Waiting) -> Counter[str]:
        problems = [problem_row(problem, number=number) for problem, number, *_ in waiting]
        samples = [sample_row(sample, source=problem.source) for problem, _, drawn, _ in waiting for sample in drawn]
        probes = [probe_row(reply, problem) for problem, *_, probed in waiting for reply in probed]
        rows = self._curate(_frame(problems, PROBLEMS), _frame(samples, SAMPLES), _frame(probes, PROBES))
        return Counter(rows["source"].to_list())


def _frame(rows: list[dict[str, object]], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame([{column: row[column] for column in schema} for row in rows], schema=schema)
