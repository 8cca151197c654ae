"""Coroutines side by side."""

import asyncio

import pytest

from ovlt_data.engine.together import run_together


async def test_results_come_in_order() -> None:
    async def late(number: int) -> int:
        await asyncio.sleep(0.01 / (number + 1))
        return number

    assert await run_together(late(number) for number in range(5)) == [0, 1, 2, 3, 4]


async def test_first_error_ends_the_others() -> None:
    ended: list[int] = []

    async def work(number: int) -> None:
        if number == 1:
            raise RuntimeError("a bug")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    with pytest.raises(RuntimeError, match="a bug"):
        await run_together(work(number) for number in range(3))
    assert ended == [0, 2]
