"""Peak memory of a long run beside a short one: python -m benchmarks.memory [--rows N]

Text problems read from a table, asked of the mock server, graded, stored and written as the run's tables: all of
generate, in a fresh process for each size. Curation and building work on whole tables and are not in it.

All that is resident is compared. Beside it stands what is anonymous, looked at twenty times a second: the rest is
code, and parts of files that the system takes back when it needs room.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import polars as pl
import uvloop

from benchmarks.mock_server import mock_server
from ovlt_data.connect import open_endpoints, open_store, read_problems
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Transport
from ovlt_data.generate.quota import Quota
from ovlt_data.generate.run import generate, plan_walk
from ovlt_data.recipe import Recipe, StopWhen

SMALL, SHORT, FULL = 1000, 10_000, 100_000
"""Rows: what is compared with, by default in `make bench`, and as promised."""
PROMISED = 1.3


def main(rows: int = SHORT) -> None:
    with mock_server("--sentences", "2") as url:
        small, large = (_measure(url, count) for count in (SMALL, rows))
    print(
        f"peak memory of {rows} problems: {large[0] / small[0]:.2f}x that of {SMALL} ({small[0]} MB), "
        f"anonymous alone {large[1] / small[1]:.2f}x ({small[1]} MB); promised for {FULL}: at most {PROMISED}x"
    )


def resident() -> tuple[int, int, int]:
    """MB in this process: all that is resident just now, what is anonymous of it, and the most there ever was.

    Not by getrusage, where a child starts with what its parent had.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    total, anonymous, peak = (int(status[name].split()[0]) // 1024 for name in ("VmRSS", "RssAnon", "VmHWM"))
    return total, anonymous, peak


async def generate_rows(
    url: str, rows: int, folder: Path, *, in_flight: int = 64, transports: Mapping[str, Transport] | None = None
) -> None:
    """One sample of each of so many text problems, every one kept."""
    with (folder / "rows.jsonl").open("w") as table:
        table.writelines(json.dumps({"question": f"What is {n} - {n - 4}?", "answer": "4"}) + "\n" for n in range(rows))
    recipe = _make_recipe(url, folder, in_flight)
    tally, stopping = Tally(), asyncio.Event()
    async with AsyncExitStack() as stack:
        endpoints = open_endpoints(recipe, tally=tally, stack=stack, say=_say, stopping=stopping, transports=transports)
        store = await open_store(recipe, beside=folder, stack=stack, say=_say)
        await generate(
            read_problems(recipe, images_folder=folder / "images", limit=None),
            plan_walk(recipe),
            recipe=recipe,
            folder=folder / "run",
            store=store,
            endpoints=endpoints,
            tally=tally,
            quota=Quota(StopWhen(), lambda _problems, _samples, _probes: pl.DataFrame()),
            retry=frozenset(),
            stopping=stopping,
        )
    assert tally.verdicts["correct"] == rows, tally


def _measure(url: str, rows: int) -> tuple[int, int]:
    """MB at the peak, of a fresh process: all that is resident, and what is anonymous."""
    command = [sys.executable, "-m", "benchmarks.memory", "--url", url, "--rows", str(rows)]
    total, anonymous = subprocess.check_output(command, text=True).split()
    return int(total), int(anonymous)


async def _watch_rows(url: str, rows: int) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as folder:
        walk = asyncio.create_task(generate_rows(url, rows, Path(folder)))
        anonymous = 0
        while not walk.done():
            await asyncio.wait([walk], timeout=0.05)
            anonymous = max(anonymous, resident()[1])
        await walk
    return resident()[2], anonymous


def _make_recipe(url: str, folder: Path, in_flight: int) -> Recipe:
    limits = {"concurrency": in_flight}
    return Recipe.model_validate(
        {
            "name": "memory",
            "store": [str(folder / "store")],
            "models": {"m": {"endpoint": url, "model": "mock", "revision": "r", "limits": limits}},
            "problems": {"sources": [{"source": "rows", "format": "table", "path": str(folder / "rows.jsonl")}]},
            "reason": {"model": "m", "samples": 1, "prompt": "student"},
            "build": {"kind": "sft"},
        }
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Peak memory of a long run beside a short one.")
    parser.add_argument("--rows", type=int, default=FULL)
    parser.add_argument("--url", default="", help="a server that runs: measure once, in this process")
    given = parser.parse_args()
    if given.url:
        print(*uvloop.run(_watch_rows(given.url, given.rows)))
    else:
        main(given.rows)
