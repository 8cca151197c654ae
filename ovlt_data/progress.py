"""What a person sees while a run goes on: a live view on a terminal, plain lines in a pipe; on standard error."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ovlt_data.engine.tally import Tally

LINE_EVERY = 10.0
"""Seconds between plain lines."""
REFRESH_EVERY = 0.25
STANDARD_ERROR = 2


@asynccontextmanager
async def show_progress(tally: Tally, console: Console) -> AsyncGenerator[None]:
    """Keep showing `tally` while the block runs, and its last state once at the end."""
    pace = Pace(tally)
    if console.is_terminal:
        with Live(render(pace), console=console, transient=True, auto_refresh=False) as live:
            async with _every(REFRESH_EVERY, lambda: live.update(render(pace), refresh=True)):
                yield
    else:
        async with _every(LINE_EVERY, lambda: console.print(line(pace), soft_wrap=True, highlight=False)):
            yield
    console.print(line(pace), soft_wrap=True, highlight=False)


class PeopleConsole(Console):
    """Standard error, where people read along; when the last of them has gone, the run goes on."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def on_broken_pipe(self) -> None:
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STANDARD_ERROR)  # else Python fails to flush it at the end
        os.close(nowhere)


class Pace:
    """A tally over time: since the start, and lately."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._start, 1e-3)

    @property
    def requests_per_second(self) -> float:
        return self.tally.requests / self.seconds

    @property
    def tokens_per_second(self) -> float:
        return self.tally.completion_tokens / self.seconds

    @property
    def remaining(self) -> float | None:
        """Seconds to go, where the number of rows is known and some are done."""
        tally = self.tally
        if tally.total is None or tally.done == 0:
            return None
        return max(tally.total - tally.done, 0) * self.seconds / tally.done


def line(pace: Pace) -> str:
    """One line for a log."""
    tally = pace.tally
    of = f"/{tally.total}" if tally.total is not None else ""
    parts = [
        f"rows {tally.done}{of}",
        f"captions {tally.captions}",
        f"samples {tally.samples} ({tally.verdicts['correct']} correct)",
        f"requests {tally.requests} ({pace.requests_per_second:.1f}/s, {tally.in_flight} in flight)",
        f"tokens {tally.completion_tokens} ({pace.tokens_per_second:.0f}/s)",
    ]
    if tally.loops:
        parts.append(_loops(tally))
    if tally.failed:
        parts.append(f"failed {_counts(tally.failed)}")
    if tally.retries:
        parts.append(f"retried {_counts(tally.retries)}")
    if tally.limit:
        parts.append(f"limited by {tally.limit}")
    if (remaining := pace.remaining) is not None and remaining >= 1:
        parts.append(f"ETA {clock(remaining)}")
    return f"[{clock(pace.seconds)}] " + " · ".join(parts)


def render(pace: Pace) -> Group:
    """The live view."""
    tally = pace.tally
    table = Table.grid(padding=(0, 2))
    table.add_row("rows", _share(tally.done, tally.total), _counts(tally.rejected, "rejected"))
    table.add_row("captions", str(tally.captions), "")
    table.add_row("samples", str(tally.samples), _counts(tally.verdicts))
    table.add_row("requests", f"{tally.requests}", f"{pace.requests_per_second:.1f}/s, {tally.in_flight} in flight")
    table.add_row("tokens", f"{tally.completion_tokens}", f"{pace.tokens_per_second:.0f}/s")
    if tally.loops:
        table.add_row("", "", _loops(tally))
    if tally.from_store:
        table.add_row("from store", str(tally.from_store), "")
    if tally.failed or tally.retries:
        table.add_row("failures", str(tally.failed.total()), _counts(tally.failed) or _counts(tally.retries, "retried"))
    if tally.limit:
        table.add_row("limited by", tally.limit.name, tally.limit.why)
    remaining = pace.remaining
    clocks = clock(pace.seconds) + (f", about {clock(remaining)} to go" if remaining is not None else "")
    return Group(Text(f"ovlt run  {clocks}", style="bold"), table)


def clock(seconds: float) -> str:
    """1:05 or 2:03:10."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _loops(tally: Tally) -> str:
    return f"{tally.loops} loops cut, {tally.tokens_saved} tokens saved"


def _counts(counts: Counter[str], what: str = "") -> str:
    listed = ", ".join(f"{name} {count}" for name, count in counts.most_common(6))
    return f"{what} {listed}".strip() if listed else ""


def _share(done: int, total: int | None) -> str:
    return f"{done}/{total} ({done / total:.0%})" if total else str(done)


@asynccontextmanager
async def _every(seconds: float, show: Callable[[], None]) -> AsyncGenerator[None]:
    async def loop() -> None:
        while True:
            await asyncio.sleep(seconds)
            show()

    task = asyncio.create_task(loop())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
