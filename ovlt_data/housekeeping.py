"""`ovlt store`: looks after a response store. Results go to standard output, words for people to standard error."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from ovlt_data.engine import upkeep
from ovlt_data.errors import UsageError
from ovlt_data.run_folder import RUN_FILE, read_run
from ovlt_data.tables import read_table

KEYS = {
    "samples": ["response_key", "judgement", "edit"],
    "captions": ["response_key", "turns"],
    "probes": ["response_key"],
    "failures": ["request_key"],
}
"""Tables of a run and their columns that name requests, or hold what does: what a failed problem has of its samples is
kept too."""
LINEAGE = ("response_key", "judgement", "edit", "caption_response_key", "caption_turns")
HOLD_KEYS = frozenset({"response_key", "response_keys"})
"""Fields of what is nested that name requests."""
FINISHED = ("done", "empty", "generated")


def print_stats(store: Path | None) -> None:
    """`ovlt store stats`."""
    held = upkeep.count(find_store(store), say=_say)
    print(f"files     {held.files}\nreplies   {held.replies}\nrequests  {held.requests}\nbytes     {held.bytes}")
    for model, replies in sorted(held.by_model.items()):
        print(f"replies   {replies}  of {model or '(a server that gave no name)'}")


def verify_store(store: Path | None) -> int:
    """`ovlt store verify`; returns the exit status: 1 if anything is wrong."""
    wrong = 0
    for fault in upkeep.verify(folder := find_store(store), say=_say):
        print(fault)
        wrong += 1
    _say(f"{folder}: {wrong} faults" if wrong else f"{folder}: every value is what was written")
    return 1 if wrong else 0


def compact_store(store: Path | None) -> None:
    """`ovlt store compact`."""
    folder = find_store(store)
    upkeep.compact(folder, say=_say)
    for path in sorted(folder.glob("*.sqlite")):
        print(path)


def collect_garbage(store: Path | None, *, runs: Path, really: bool) -> None:
    """`ovlt store gc`: drop replies that no run refers to; without `really` only say what would go."""
    folder = find_store(store)
    keep = _referred_keys(runs)
    dropped = upkeep.drop_others(folder, keep, really=really, say=_say)
    print(f"{'dropped' if really else 'would drop'} {dropped.total()} replies to {len(dropped)} requests")
    if not really:
        _say(f"Nothing is deleted. No run under {runs} refers to them, and no version there; --yes deletes them.")


def find_store(named: Path | None) -> Path:
    """The store's folder: as named, else OVLT_STORE, else ./store."""
    return named or Path(os.environ.get("OVLT_STORE") or "store")


def _referred_keys(runs: Path) -> set[bytes]:
    """Keys that a run's tables or a version's lineage name. Raises UsageError where that can't be known."""
    folders = _find_runs(runs)
    if not folders:
        raise UsageError(f"{runs}: holds no run, so that every reply would go; name the folder of runs with --runs")
    for folder in folders:
        if (state := read_run(folder)["state"]) not in FINISHED:
            raise UsageError(
                f"{folder}: this run is {state}, and its tables do not name all that it paid for yet. "
                "Run it to its end, or remove the folder."
            )
    return {bytes.fromhex(key) for folder in folders for key in _keys_of(folder)}


def _find_runs(runs: Path) -> list[Path]:
    """Shards are runs too, and the runs of an evaluation or a loop stand in its folder, whose own file has no state."""
    folders = sorted(path.parent for path in runs.rglob(RUN_FILE))
    return [folder for folder in folders if "state" in read_run(folder)]


def _keys_of(folder: Path) -> Iterator[str]:
    for table, columns in KEYS.items():
        yield from _named(read_table(folder, table), columns)
    for lineage in folder.glob("versions/*/lineage.parquet"):
        yield from _named(pl.read_parquet(lineage), LINEAGE)
    for probes in folder.glob("versions/*/probes.parquet"):
        yield from _named(pl.read_parquet(probes), KEYS["probes"])


def _named(table: pl.DataFrame, columns: Sequence[str]) -> Iterator[str]:
    """All keys; empty ones are of captions and samples that a table gave. Older tables lack some columns."""
    for column in columns:
        if column in table.columns:
            yield from (key for key in _unfold(table[column]).unique() if key)


def _unfold(keys: pl.Series) -> pl.Series:
    """The keys of what is nested."""
    if isinstance(keys.dtype, pl.List):
        return _unfold(keys.explode())
    if not isinstance(keys.dtype, pl.Struct):
        return keys
    (field,) = HOLD_KEYS.intersection(keys.struct.fields)
    return _unfold(keys.struct.field(field))


def _say(text: str) -> None:
    print(text, file=sys.stderr)
