"""Coroutines side by side, none of which outlives the others' error."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def run_together(works: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Their results in order; the first error ends the others and is raised."""
    works = list(works)
    if len(works) == 1:
        return [await works[0]]  # a task of its own costs more than a reply's bookkeeping
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
