"""Rows from JSONL, JSON and Parquet files, one after the other, each with the place where it stands.

A broken row comes as a row with a fault and is the row's own affair; a broken file is an error.
"""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import pyarrow
import pyarrow.parquet

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Unfit
from ovlt_data.sources.place import natural_order, wrong_layout

T = TypeVar("T")

_BATCH = 64
"""Rows of Parquet in memory at a time: they may carry pictures."""


class Row(NamedTuple):
    where: str
    """The file's name and the row's number in it, from 1."""
    values: Mapping[str, Any]
    fault: str = ""


def find_files(spec: SourceSpec, path: Path, *, suffixes: Iterable[str]) -> list[Path]:
    """The files that hold the source's rows: `path` itself, or those of one kind and one split in its folder.

    In a folder, `config` names a folder inside, and a split is a folder or the beginning of files' names, as the Hub
    lays datasets out. If the recipe names no split, that is `train` where there is one, else all files.
    """
    if path.is_file():
        return [path]
    folder = path / (spec.config or ".")
    for suffix in suffixes:
        split = spec.split or "train"
        files = [*folder.glob(f"*{suffix}"), *folder.glob(f"data/*{suffix}"), *folder.glob(f"{split}/*{suffix}")]
        of_split = [file for file in files if split in (file.parent.name, file.stem, file.name.split("-")[0])]
        if chosen := of_split or ([] if spec.split else files):
            return sorted(chosen, key=natural_order)
    part = f"split {spec.split} of " if spec.split else ""
    there = ", ".join(sorted(entry.name for entry in folder.glob("*"))[:20]) or "nothing"
    raise wrong_layout(spec, folder, expected=f"{part}rows in {' or '.join(suffixes)} files; there is: {there}")


def read_rows(files: Iterable[Path]) -> Iterator[Row]:
    for file in files:
        read = _READERS.get(file.suffix)
        if read is None:
            raise UsageError(f"{file}: expected a file that ends in {', '.join(_READERS)}")
        yield from read(file)


def decode(data: bytes | msgspec.Raw, *, to: type[T], where: str) -> T:
    """One row's JSON as a struct."""
    try:
        return msgspec.json.decode(bytes(data).removeprefix(codecs.BOM_UTF8), type=to)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unfit("bad_row", f"{where}: {error}") from error


def decode_file(file: Path, *, to: type[T], expected: str) -> T:
    """A source's index: a file without which there are no rows."""
    try:
        return msgspec.json.decode(file.read_bytes().removeprefix(codecs.BOM_UTF8), type=to)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{file}: expected {expected}: {error}") from error


def convert(row: Row, *, to: type[T], strict: bool = True) -> T:
    """A row's fields as a struct; `strict=False` takes numbers written as texts. Raises Unfit."""
    if row.fault:
        raise Unfit("bad_row", row.fault)
    try:
        return msgspec.convert(row.values, to, strict=strict)
    except msgspec.ValidationError as error:
        raise Unfit("bad_row", f"{row.where}: {error}") from error


def pictures(value: object) -> tuple[str | bytes, ...]:
    """The pictures of one cell: a file's name, bytes, {bytes, path} as `datasets` keeps them, or a list of those."""
    match value:
        case None | "":
            return ()
        case str() | bytes():
            return (value,)
        case {"bytes": bytes(data)}:
            return (data,)
        case {"path": str(name)}:
            return (name,)
        case [*several]:
            return tuple(picture for one in several for picture in pictures(one))
        case _:
            given = type(value).__name__
            raise Unfit("bad_row", f"a picture is given as {given}; expected a file's name, bytes or {{bytes, path}}")


def _read_jsonl(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parse_line(line, where=f"{file.name}:{number}")


def _parse_line(line: str, *, where: str) -> Row:
    try:
        return _row(json.loads(line), where=where)
    except (ValueError, RecursionError) as error:
        return Row(where, {}, fault=f"{where}: not JSON: {error}")


def _read_json(file: Path) -> Iterator[Row]:
    try:
        rows = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not JSON: {error}") from error
    if isinstance(rows, dict) and rows and all(isinstance(row, dict) for row in rows.values()):
        rows = list(rows.values())  # by their ids
    if not isinstance(rows, list):
        raise UsageError(f"{file}: holds one {type(rows).__name__}; expected a list of rows")
    for number, row in enumerate(rows, 1):
        yield _row(row, where=f"{file.name}:{number}")


def _row(value: object, *, where: str) -> Row:
    if isinstance(value, dict):
        return Row(where, value)
    return Row(where, {}, fault=f"{where}: expected an object with the row's fields")


def _read_parquet(file: Path) -> Iterator[Row]:
    try:
        with pyarrow.parquet.ParquetFile(file) as table:
            rows = (row for batch in table.iter_batches(_BATCH) for row in batch.to_pylist())
            for number, row in enumerate(rows, 1):
                yield Row(f"{file.name}:{number}", row)
    except (pyarrow.ArrowException, OSError) as error:
        raise UsageError(f"{file}: damaged, or not Parquet: {error}") from error


_READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".parquet": _read_parquet,
}
