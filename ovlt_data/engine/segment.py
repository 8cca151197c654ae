"""One file of the store: an SQLite database that one process at a time may write.

The operating system's lock on a side file says who: it falls with its process, so that it can't go stale. While it
is written a segment is private (exclusive locking, WAL); what was committed survives kill -9 in the -wal file, and
whoever takes the segment next recovers it. A released one is sealed: all in one file, which never changes while
anybody reads it and can be copied as it is.
"""

import fcntl
import os
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import zstandard

from ovlt_data.errors import EnvironmentStop

SCHEMA = 1
TABLES = """
BEGIN;
CREATE TABLE replies (
    key BLOB NOT NULL,          -- sha256 of what was asked
    slot INTEGER NOT NULL,
    cap INTEGER NOT NULL,       -- the max_tokens it was asked under
    low INTEGER NOT NULL,       -- the caps that it serves, from low ...
    high INTEGER NOT NULL,      -- ... to high, both included
    hash BLOB NOT NULL,         -- sha256 of the value before compression
    value BLOB NOT NULL,        -- the reply as JSON, compressed by zstd
    UNIQUE (key, slot, cap)
);
CREATE TABLE requests (key BLOB PRIMARY KEY, body BLOB NOT NULL);
PRAGMA user_version = 1;
COMMIT;
"""
LOWER_HASH_WINS = """
ON CONFLICT (key, slot, cap) DO UPDATE
SET low = excluded.low, high = excluded.high, hash = excluded.hash, value = excluded.value
WHERE excluded.hash < hash
"""
COLUMNS = "key, slot, cap, low, high, hash, value"
KEYS_PER_QUERY = 500
DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Row(NamedTuple):
    """One reply with what look-ups choose by."""

    key: bytes
    slot: int
    cap: int
    low: int
    high: int
    hash: bytes
    value: bytes


class Damaged(Exception):
    """A file's content can't be trusted; the file is set aside and its replies are asked for again."""


class Segment:
    """An open file, locked: for itself alone as a writer, together with other readers otherwise."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        """Raises BlockingIOError when another process holds the file."""
        self.path = path
        self.writes = writes
        self._lock = lock(path.with_suffix(".lock"), shared=not writes)
        with _errors_of(path):
            self._connection = sqlite3.connect(_uri(path, writes=writes), uri=True, isolation_level=None)
        self._compressor = zstandard.ZstdCompressor(write_checksum=True)  # a flipped bit is noticed
        self._decompressor = zstandard.ZstdDecompressor()

    def prepare(self) -> None:
        """Recover what a killed process left, and see that the file is ours to read."""
        with _errors_of(self.path):
            # A mapped file would save a look-up 3 of 14 us, and count as this process's memory up to its whole size.
            self._connection.execute("PRAGMA mmap_size = 0")
            if self.writes:
                self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
            version = self._number("PRAGMA user_version")
            if version > SCHEMA:
                raise EnvironmentStop(
                    f"{self.path}: written by a newer ovlt (its schema is {version}, this one reads up to {SCHEMA}). "
                    "Update ovlt, or use another store folder (OVLT_STORE)."
                )
            if version == 0 and self.writes:
                self._connection.executescript(TABLES)
            self._has_tables = version > 0 or self.writes

    def read(self, keys: Sequence[bytes]) -> list[Row]:
        """All replies to these keys, whatever slot and cap."""
        if not self._has_tables:
            return []
        rows: list[Row] = []
        with _errors_of(self.path):
            for start in range(0, len(keys), KEYS_PER_QUERY):
                some = keys[start : start + KEYS_PER_QUERY]
                query = f"SELECT {COLUMNS} FROM replies WHERE key IN ({', '.join('?' * len(some))})"
                rows += map(Row._make, self._connection.execute(query, some))
        return [row._replace(value=self.unpack(row.value)) for row in rows]

    def request(self, key: bytes) -> bytes | None:
        """What was asked under this key, if it's known here."""
        if not self._has_tables:
            return None
        with _errors_of(self.path):
            found = self._connection.execute("SELECT body FROM requests WHERE key = ?", (key,)).fetchone()
        return self.unpack(found[0]) if found else None

    def rows(self) -> Iterator[Row]:
        """All replies, one after the other, values as they stand: compressed."""
        if not self._has_tables:
            return
        with _errors_of(self.path):
            for row in self._connection.execute(f"SELECT {COLUMNS} FROM replies"):
                yield Row._make(row)

    def requests(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys with what was asked under them, compressed."""
        if not self._has_tables:
            return
        with _errors_of(self.path):
            yield from self._connection.execute("SELECT key, body FROM requests")

    def check(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        with _errors_of(self.path):
            found = [said for (said,) in self._connection.execute("PRAGMA integrity_check(10)")]
        return [] if found == ["ok"] else found

    def drop(self, keys: Sequence[bytes]) -> None:
        """Delete what was asked and said under these keys, and give the room back to the disk."""
        with _errors_of(self.path):
            with self._transaction():
                self._connection.executemany("DELETE FROM replies WHERE key = ?", [(key,) for key in keys])
                self._connection.executemany("DELETE FROM requests WHERE key = ?", [(key,) for key in keys])
            self._connection.execute("VACUUM")

    def unpack(self, packed: bytes) -> bytes:
        """A value as it was written. Raises Damaged."""
        try:
            return self._decompressor.decompress(packed)
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from error

    def write(self, rows: Sequence[Row], requests: Mapping[bytes, bytes]) -> None:
        """Commit all of it or nothing."""
        packed = [row._replace(value=self._compressor.compress(row.value)) for row in rows]
        bodies = [(key, self._compressor.compress(body)) for key, body in requests.items()]
        with _errors_of(self.path), self._transaction():
            self._connection.executemany(f"INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?, ?) {LOWER_HASH_WINS}", packed)
            self._connection.executemany("INSERT OR IGNORE INTO requests VALUES (?, ?)", bodies)

    def absorb(self, sealed: Path) -> None:
        """Copy a sealed segment's content into this one."""
        with _errors_of(self.path):
            self._connection.execute("ATTACH ? AS other", (_uri(sealed, writes=False),))
            try:
                with self._transaction():
                    # "WHERE true" tells SQLite's parser that the ON that follows belongs to no join.
                    self._connection.execute(
                        f"INSERT INTO replies SELECT {COLUMNS} FROM other.replies WHERE true {LOWER_HASH_WINS}"
                    )
                    self._connection.execute("INSERT OR IGNORE INTO requests SELECT key, body FROM other.requests")
            finally:
                self._connection.execute("DETACH other")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def seal(self) -> None:
        """Leave one complete file behind and let go of it; an empty one is deleted."""
        try:
            with _errors_of(self.path):
                empty = self._number("SELECT NOT EXISTS (SELECT * FROM replies)")
                self._connection.execute("PRAGMA journal_mode = DELETE")
            if empty:
                delete(self.path)
        finally:
            self.close()

    def close(self) -> None:
        self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _number(self, query: str) -> int:
        return self._connection.execute(query).fetchone()[0]

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:  # a full disk ends some transactions by itself
                self._connection.execute("ROLLBACK")


def lock(path: Path, *, shared: bool = False, wait: bool = False) -> int | None:
    """The open, locked file, or None where a read-only disk needs no lock; BlockingIOError when it's taken."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        if shared:
            return None
        raise _no_lock(path, error) from error
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        os.close(file)
        if isinstance(error, BlockingIOError):
            raise
        raise _no_lock(path, error) from error
    return file


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file that we closed, so that nobody opens it again; None while others read it."""
    try:
        held = lock(path.with_suffix(".lock"))
    except BlockingIOError:
        return None
    target = path.with_suffix(".corrupt")
    for file in _files_of(path):
        file.rename(target.with_name(file.name.replace(path.name, target.name)))
    path.with_suffix(".lock").unlink()
    if held is not None:
        os.close(held)
    return target


def delete(path: Path) -> None:
    """Remove a segment that holds nothing, or whose content stands elsewhere."""
    for file in _files_of(path):
        file.unlink()
    path.with_suffix(".lock").unlink()


def _no_lock(path: Path, error: OSError) -> EnvironmentStop:
    return EnvironmentStop(
        f"{path}: can't be locked ({error.strerror}). The store needs a folder that we may write to, on a local disk: "
        "choose another one in the recipe's `store`, or with OVLT_STORE."
    )


def _uri(path: Path, *, writes: bool) -> str:
    if writes:
        return f"{path.absolute().as_uri()}?mode=rwc"
    # In a store that's only read a killed process's -wal can't be settled: then it's read along.
    left = path.with_name(f"{path.name}-wal").exists()
    return f"{path.absolute().as_uri()}?mode=ro{'' if left else '&immutable=1'}"


def _files_of(path: Path) -> list[Path]:
    names = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]
    return [name for name in names if name.exists()]


@contextmanager
def _errors_of(path: Path) -> Generator[None]:
    """SQLite's errors in our two kinds: the file is damaged, or the machine is in the way."""
    try:
        yield
    except sqlite3.ProgrammingError:  # a bug of ours
        raise
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode & 0xFF
        if code in DAMAGE:
            raise Damaged(str(error)) from error
        if code == sqlite3.SQLITE_FULL:
            raise EnvironmentStop(
                f"{path}: the disk is full. What was committed is safe: free some space, or put the store on another "
                "disk (OVLT_STORE), and run the same command again."
            ) from error
        raise EnvironmentStop(
            f"{path}: the store can't be used ({error}). Check the disk and the folder's rights, then run again."
        ) from error
