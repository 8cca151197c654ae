"""The window is bounded, lazy, and lets no error pass."""

import asyncio
from collections.abc import Iterator

import pytest

from ovlt_data.engine import window
from ovlt_data.engine.window import PULL, walk_rows


async def test_every_row_is_walked_once_and_never_too_many_at_a_time() -> None:
    walked: list[int] = []
    inside, most = 0, 0

    async def walk(row: int) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.001 * (row % 3))
        inside -= 1
        walked.append(row)

    assert await walk_rows(iter(range(100)), walk, size=lambda: 7, stopping=asyncio.Event())
    assert sorted(walked) == list(range(100))
    assert most == 7


async def test_rows_are_pulled_lazily() -> None:
    pulled = 0

    def rows() -> Iterator[int]:
        nonlocal pulled
        for row in range(10_000):
            pulled += 1
            yield row

    stopping = asyncio.Event()

    async def walk(row: int) -> None:
        stopping.set()

    assert not await walk_rows(rows(), walk, size=lambda: 4, stopping=stopping)
    assert pulled <= PULL


async def test_error_in_one_row_ends_the_others_and_is_raised() -> None:
    cancelled: list[int] = []

    async def walk(row: int) -> None:
        if row == 0:
            raise RuntimeError("a bug")
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            cancelled.append(row)
            raise

    with pytest.raises(RuntimeError, match="a bug"):
        await walk_rows(iter(range(3)), walk, size=lambda: 3, stopping=asyncio.Event())
    assert cancelled == [1, 2]


async def test_error_while_reading_a_source_is_raised() -> None:
    def rows() -> Iterator[int]:
        yield 1
        raise OSError("unreadable")

    async def walk(row: int) -> None:
        return None

    with pytest.raises(OSError, match="unreadable"):
        await walk_rows(rows(), walk, size=lambda: 3, stopping=asyncio.Event())


async def test_window_follows_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "WIDEN_EVERY", 0.005)
    inside, seen, size = 0, dict[int, int](), 2

    async def walk(row: int) -> None:
        nonlocal inside, size
        inside += 1
        size = 8 if 20 <= row < 100 else 2
        await asyncio.sleep(0.002)
        seen[row] = inside
        inside -= 1

    assert await walk_rows(iter(range(200)), walk, size=lambda: size, stopping=asyncio.Event())
    assert len(seen) == 200
    at_first, at_last = (max(seen[row] for row in rows) for rows in (range(20), range(120, 200)))
    assert (at_first, max(seen.values()), at_last) == (2, 8, 2)
