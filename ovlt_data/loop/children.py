"""The loop's child processes: steps that are waited for, servers that run beside them, none left behind."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

from ovlt_data.errors import EndpointStop, StopError
from ovlt_data.loop.guard import GOODBYE

LOCK = ".children"
LAST_LINES = 20
OVLT = (sys.executable, "-m", "ovlt_data.cli")


class StepEnded(StopError):
    """A step's command did not come to its end; `status` is its exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Child(Struct, frozen=True):
    """A command under guard."""

    name: str
    process: asyncio.subprocess.Process
    log: Path | None
    """Where its words go; None for the terminal."""


class Crew:
    """Starts commands for one loop, whose folder it keeps until the last of them is gone."""

    def __init__(self, folder: Path, stopping: asyncio.Event) -> None:
        self._lock = folder / LOCK
        self._stopping = stopping

    async def call(
        self, name: str, command: Sequence[str], *, answer: Path | None, log: Path | None, beside: Sequence[Child] = ()
    ) -> None:
        """Run a command to its end; what it prints stands in `answer`, its words for people in `log`.

        Raises StepEnded, and EndpointStop as soon as a server beside it has ended.
        """
        async with self._start(name, command, answer=answer, log=log) as child:
            ended = [asyncio.create_task(each.process.wait()) for each in (child, *beside)]
            told = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait([*ended, told], return_when=asyncio.FIRST_COMPLETED)
                if told.done() and not ended[0].done():
                    child.process.terminate()
                    await ended[0]
            finally:
                for task in (*ended, told):
                    task.cancel()
            _blame_server(child, beside)
            _refuse_failure(child)

    @asynccontextmanager
    async def serve(self, name: str, command: Sequence[str], *, log: Path) -> AsyncGenerator[Child]:
        """A server, as long as the context lasts."""
        async with self._start(name, command, answer=None, log=log) as child:
            yield child

    @asynccontextmanager
    async def _start(
        self, name: str, command: Sequence[str], *, answer: Path | None, log: Path | None
    ) -> AsyncGenerator[Child]:
        with contextlib.ExitStack() as stack:
            words = stack.enter_context(_open(log)) if log else None
            printed = stack.enter_context(answer.open("wb")) if answer else words
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ovlt_data.loop.guard", str(self._lock), *command),
                stdin=asyncio.subprocess.PIPE,
                stdout=printed,
                stderr=words,
                start_new_session=True,  # Ctrl-C at the terminal is ours to pass on
                env=_environment(),
            )
        try:
            yield Child(name, process, log)
        finally:
            await _end(process)


def last_lines(log: Path | None) -> str:
    """The end of a log, for a message."""
    if log is None or not log.is_file():
        return ""
    lines = log.read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:]
    return "".join(f"\n  {line}" for line in lines)


def _open(log: Path) -> IO[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")


def _environment() -> Mapping[str, str]:
    """Commands that stand beside our Python are found without an activated environment."""
    beside = str(Path(sys.executable).parent)
    return os.environ | {"PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]), "PYTHONUNBUFFERED": "1"}


def _blame_server(child: Child, beside: Sequence[Child]) -> None:
    for server in beside:
        status = server.process.returncode
        if status is not None and child.process.returncode != 0:
            raise EndpointStop(
                f"{child.name}: the server {server.name} ended with exit status {status}; its last words "
                f"({server.log}):{last_lines(server.log)}\nThe same command goes on where this stopped."
            )


def _refuse_failure(child: Child) -> None:
    status = child.process.returncode
    if status:
        where = f"; its last words ({child.log}):{last_lines(child.log)}\n" if child.log else ". "
        raise StepEnded(f"{child.name}: ended with exit status {status}{where}The same command goes on.", status)


async def _end(process: asyncio.subprocess.Process) -> None:
    """The closed pipe is the guard's sign; it takes GOODBYE seconds at most, and a moment for what is left."""
    assert process.stdin is not None
    process.stdin.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), 2 * GOODBYE)
        return
    process.kill()
    await process.wait()
