"""What a run writes while it walks: rows collected by table and written in parts, in order of arrival."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import asdict

from ovlt_data.tables import PROBES, TABLES, write_part
from ovlt_data.types import Caption, Failure, Probed, Problem, Sample, Unusable

PART_ROWS = 1000
"""Rows of a table held in memory before they become a part: 50 MB of long traces."""


class Recorder:
    """Writes a run's tables anew: all of it comes from the store, so what an earlier call wrote is replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
        self._parts = dict.fromkeys(TABLES, 0)
        for table in TABLES:
            shutil.rmtree(folder / table, ignore_errors=True)

    def add_problem(self, problem: Problem, *, number: int) -> None:
        self._add("problems", problem_row(problem, number=number))

    def add_caption(self, caption: Caption) -> None:
        self._add("captions", msgspec.to_builtins(caption))

    def add_sample(self, sample: Sample, *, source: str) -> None:
        self._add("samples", sample_row(sample, source=source))

    def add_probed(self, probed: Probed, problem: Problem) -> None:
        self._add("probes", probe_row(probed, problem))

    def add_failure(self, failure: Failure) -> None:
        self._add("failures", asdict(failure))

    def add_unusable(self, row: Unusable) -> None:
        self._add("unusable", asdict(row))

    def close(self) -> None:
        """Write what is left."""
        for table in TABLES:
            self._write(table)

    def _add(self, table: str, fields: dict[str, Any]) -> None:
        self._rows[table].append({column: fields[column] for column in TABLES[table]})
        if len(self._rows[table]) >= PART_ROWS:
            self._write(table)

    def _write(self, table: str) -> None:
        if not self._rows[table]:
            return
        write_part(self._folder, table, self._rows[table], part=self._parts[table])
        self._parts[table] += 1
        self._rows[table] = []


def problem_row(problem: Problem, *, number: int) -> dict[str, Any]:
    """The columns of a problem, and more; `number` is its place in the order of reading."""
    pictures = problem.images
    paths, hashes = [image.path for image in pictures], [image.sha256 for image in pictures]
    return asdict(problem) | {"number": number, "image_paths": paths, "image_sha256": hashes}


def sample_row(sample: Sample, *, source: str) -> dict[str, Any]:
    """The columns of a sample with its verdict, and more."""
    beside = {"edit": msgspec.to_builtins(sample.edit), "judgement": msgspec.to_builtins(sample.judgement)}
    return asdict(sample) | asdict(sample.verdict) | beside | {"source": source}


def probe_row(probed: Probed, problem: Problem) -> dict[str, Any]:
    """The columns of a probe's reply, and more."""
    none: dict[str, Any] = dict.fromkeys(PROBES) | {"reason": probed.failure}
    said = sample_row(probed.sample, source=problem.source) if probed.sample is not None else none
    of_probe = {"problem_id": problem.id, "source": problem.source, "probe": probed.probe, "turn": probed.turn}
    return said | of_probe | {"response_key": probed.response_key}
