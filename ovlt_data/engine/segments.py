"""The store's folder: one segment that this process writes, and all the others that it may read.

Whatever changes the set of files (making, adopting, merging, releasing) happens under the folder's own lock, so that
processes which start together see each other's files as they are. A file that a running process writes is its own
until it lets go; a damaged one is set aside and takes no other with it.
"""

import os
import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ovlt_data.engine.segment import Damaged, Row, Segment, delete, lock, set_aside
from ovlt_data.errors import EnvironmentStop
from ovlt_data.types import Say

MAX_FILES = 8
LABEL = "replies"
"""How the names of files start; a shard's files are called otherwise, so that each shard finds its own again."""
Found = TypeVar("Found")


class Segments:
    """All files of a store, open. For one thread."""

    def __init__(
        self,
        folder: Path,
        read_only: Sequence[Path],
        say: Say,
        *,
        label: str = LABEL,
        max_files: int | None = None,
    ) -> None:
        self._folder = folder
        self._say = say
        self._label = label
        self._max_files = MAX_FILES if max_files is None else max_files
        self._opened: list[Segment] = []
        try:
            self._open(read_only)
        except BaseException:
            for segment in self._opened:
                segment.close()
            raise

    def read(self, keys: Sequence[bytes]) -> list[Row]:
        """All replies to these keys in all files."""
        return [row for rows in self._ask_all(lambda segment: segment.read(keys)) for row in rows]

    def request(self, key: bytes) -> bytes | None:
        """What was asked under this key."""
        return next(filter(None, self._ask_all(lambda segment: segment.request(key))), None)

    def write(self, rows: Sequence[Row], requests: Mapping[bytes, bytes]) -> None:
        """Commit all or nothing to the file of our own."""
        try:
            self._own.write(rows, requests)
        except Damaged as damage:
            self._lose(self._own, damage)
            self._own.write(rows, requests)

    def close(self) -> None:
        """Release every file; ours is sealed, so that others can read it."""
        for segment in self._sealed:
            segment.close()
        with locked(self._folder):
            self._seal(self._own)

    def _ask_all(self, ask: Callable[[Segment], Found]) -> list[Found]:
        """What each file says, but for those that prove to be damaged."""
        found: list[Found] = []
        for segment in (self._own, *self._sealed):
            try:
                found.append(ask(segment))
            except Damaged as damage:
                self._lose(segment, damage)
        return found

    def _open(self, read_only: Sequence[Path]) -> None:
        _make(self._folder)
        with locked(self._folder):
            self._own = self._adopt()
            self._sealed = self._open_sealed(self._folder)
        for folder in read_only:
            if not folder.is_dir():
                raise EnvironmentStop(f"{folder}: no such store. Correct the recipe's `store`, or OVLT_STORE.")
            if not folder.samefile(self._folder):
                with locked(folder, shared=True):
                    self._sealed += self._open_sealed(folder)

    def _adopt(self) -> Segment:
        """The first file of our label that nobody holds, or a new one; the other free ones are recovered.

        Many are merged, but by no shard: the others have to read theirs.
        """
        free = [segment for path in paths_of(self._folder) if (segment := self._open_one(path, writes=True))]
        ours = [segment for segment in free if segment.path.name.startswith(f"{self._label}-")]
        own = ours[0] if ours else self._create()
        others = [segment for segment in free if segment is not own]
        for other in others:
            self._seal(other)
        if self._label == LABEL and len(free) > self._max_files:
            self._merge(own, [other.path for other in others if other.path.exists()])
        return own

    def _create(self) -> Segment:
        segment = Segment(self._folder / f"{self._label}-{secrets.token_hex(4)}.sqlite", writes=True)
        self._opened.append(segment)
        segment.prepare()
        return segment

    def _open_sealed(self, folder: Path) -> list[Segment]:
        paths = [path for path in paths_of(folder) if path != self._own.path]
        return [segment for path in paths if (segment := self._open_one(path, writes=False))]

    def _open_one(self, path: Path, *, writes: bool) -> Segment | None:
        try:
            segment = Segment(path, writes=writes)
        except BlockingIOError:
            if not writes:
                self._say(f"{path}: a running process writes this file; its replies are seen once that has ended.")
            return None
        self._opened.append(segment)
        try:
            segment.prepare()
        except Damaged as damage:
            segment.close()
            self._report(path, damage)
            return None
        return segment

    def _seal(self, segment: Segment) -> None:
        try:
            segment.seal()
        except Damaged as damage:
            self._report(segment.path, damage)

    def _merge(self, own: Segment, others: Sequence[Path]) -> None:
        self._say(f"{self._folder}: merging {len(others) + 1} files into {own.path.name}.")
        for other in others:
            try:
                own.absorb(other)
            except Damaged as damage:
                self._report(other, damage)
            else:
                delete(other)

    def _lose(self, segment: Segment, damage: Damaged) -> None:
        """Go on without a file that proved to be damaged."""
        segment.close()
        with locked(self._folder):
            self._report(segment.path, damage)
            if segment is self._own:
                self._own = self._create()
            else:
                self._sealed.remove(segment)

    def _report(self, path: Path, damage: Damaged) -> None:
        """Set a damaged file of ours aside; one of a store that's only read stays where it is."""
        aside = set_aside(path) if path.parent == self._folder else None
        where = f"set aside as {aside.name}" if aside else "left where it is and not read"
        self._say(
            f"{path}: the file is damaged ({damage}); {where}. Other files are not touched; its replies are asked for "
            f"again unless you save them: sqlite3 {aside or path} .recover"
        )


def paths_of(folder: Path) -> list[Path]:
    """The folder's files, in their order."""
    return sorted(folder.glob("*.sqlite"))


@contextmanager
def locked(folder: Path, *, shared: bool = False) -> Generator[None]:
    """Hold the folder: nobody else makes, adopts or merges files meanwhile."""
    held = lock(folder / "store.lock", shared=shared, wait=True)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentStop(
            f"{folder}: the store's folder can't be made ({error.strerror}). Choose another one in the recipe's "
            "`store`, or with OVLT_STORE."
        ) from error
