"""A store looked after while nobody runs: counted, verified, made one file, rid of what nobody refers to.

A file that a running process writes is left alone and named; so is one that is read, where something would change.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from ovlt_data.engine.segment import Damaged, Row, Segment
from ovlt_data.engine.segments import Segments, locked, paths_of
from ovlt_data.engine.store import make_row
from ovlt_data.errors import UsageError
from ovlt_data.types import Reply, Say

_decoder = msgspec.json.Decoder(Reply)


class Holding(Struct, frozen=True):
    """What a store, or a file of it, holds."""

    files: int = 0
    replies: int = 0
    requests: int = 0
    bytes: int = 0
    """On the disk."""
    by_model: Counter[str] = Counter()
    """Replies by the model's name as its server gave it."""

    def __add__(self, other: "Holding") -> "Holding":
        return Holding(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


def count(folder: Path, *, say: Say) -> Holding:
    """Count all that can be read."""
    held = Holding()
    for segment in _open_each(folder, say=say):
        try:
            held += _count_file(segment)
        except Damaged as damage:
            say(f"{segment.path}: the file is damaged ({damage}) and not counted")
    return held


def verify(folder: Path, *, say: Say) -> Iterator[str]:
    """What is wrong, in words: a file that SQLite doubts, a value or a request that isn't what was written."""
    for segment in _open_each(folder, say=say):
        try:
            for fault in _faults_of(segment):
                yield f"{segment.path}: {fault}"
        except Damaged as damage:
            yield f"{segment.path}: the file is damaged ({damage})"


def compact(folder: Path, *, say: Say) -> None:
    """Merge all files that nobody holds into one."""
    _check_there(folder)
    Segments(folder, (), say, max_files=1).close()


def drop_others(folder: Path, keep: Collection[bytes], *, really: bool, say: Say) -> Counter[bytes]:
    """Replies, by key, that are not to be kept; deleted only if `really`."""
    dropped: Counter[bytes] = Counter()
    _check_there(folder)
    with locked(folder):
        for segment in _open_each(folder, writes=really, say=say):
            try:
                dropped += _drop_in_file(segment, keep)
            except Damaged as damage:
                say(f"{segment.path}: the file is damaged ({damage}); nothing is dropped in it")
    return dropped


def _open_each(folder: Path, *, say: Say, writes: bool = False) -> Iterator[Segment]:
    """The files that nobody holds, one open at a time and not prepared yet."""
    _check_there(folder)
    for path in paths_of(folder):
        try:
            segment = Segment(path, writes=writes)
        except BlockingIOError:
            say(f"{path}: a running process holds this file; it is left out")
            continue
        with closing(segment):
            yield segment


def _check_there(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such store; expected its folder, which is ./store or OVLT_STORE if left out")


def _count_file(segment: Segment) -> Holding:
    segment.prepare()
    served = [_decoder.decode(segment.unpack(row.value)).served_model for row in segment.rows()]
    asked = sum(1 for _ in segment.requests())
    return Holding(1, len(served), asked, segment.path.stat().st_size, Counter(served))


def _drop_in_file(segment: Segment, keep: Collection[bytes]) -> Counter[bytes]:
    segment.prepare()
    others = Counter(row.key for row in segment.rows() if row.key not in keep)
    if segment.writes:
        if others:
            segment.drop(list(others))
        segment.seal()
    return others


def _faults_of(segment: Segment) -> Iterator[str]:
    segment.prepare()
    yield from segment.check()
    for row in segment.rows():
        if fault := _fault_of(segment, row):
            yield f"slot {row.slot} of {row.key.hex()}: {fault}"
    for key, body in segment.requests():
        try:
            if sha256(segment.unpack(body)).digest() != key:
                yield f"request {key.hex()}: its hash is another one"
        except Damaged as damage:
            yield f"request {key.hex()}: can't be decompressed ({damage})"


def _fault_of(segment: Segment, row: Row) -> str | None:
    try:
        value = segment.unpack(row.value)
    except Damaged as damage:
        return f"can't be decompressed ({damage})"
    if sha256(value).digest() != row.hash:
        return "its hash is another one"
    try:
        reply = _decoder.decode(value)
    except msgspec.DecodeError as error:
        return f"holds no reply ({error})"
    if row[2:5] != make_row(row.key, row.slot, reply)[2:5]:
        return "the caps that it serves are not those of its reply"
    return None
