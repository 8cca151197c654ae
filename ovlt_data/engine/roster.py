"""The file that names a model's replicas, followed while a run goes on.

It is read once it has stood still for a look, so that a list half written is not taken for a shorter one; one that
can't be used changes nothing.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from ovlt_data.engine.events import Event, Note
from ovlt_data.recipe import read_urls
from ovlt_data.types import Say

LOOK_EVERY = 1.0
"""Seconds between looks at the file's date."""


async def follow_roster(path: Path, *, renew: Callable[[list[str]], None], say: Say, note: Note) -> None:
    """Tell `renew` what the file names, at first and after each change; for ever."""
    known: tuple[int, ...] | None = ()
    now = await asyncio.to_thread(_date, path)
    while True:
        before, now = now, await asyncio.to_thread(_date, path)
        if now == before != known:
            known = now
            await _read(path, renew=renew, say=say, note=note)
        await asyncio.sleep(LOOK_EVERY)


async def _read(path: Path, *, renew: Callable[[list[str]], None], say: Say, note: Note) -> None:
    try:
        urls = await asyncio.to_thread(read_urls, path)
    except ValueError as error:
        say(f"WARNING: {error}. The replicas stay as they are")
        note(Event(event="roster", why=str(error)))
    else:
        renew(urls)


def _date(path: Path) -> tuple[int, ...] | None:
    """What changes with the file; None where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
