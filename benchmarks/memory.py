"""Peak memory of a long run beside a short one: python -m benchmarks.memory [--rows N]

Text problems read from a table, asked of the mock server, graded, stored and written as the run's tables: all of
generate, in a fresh process for each size. Curation and building work on whole tables and are not in it.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from benchmarks.mock_server import mock_server
from ovlt_data.connect import open_endpoints, open_store, read_problems
from ovlt_data.engine.tally import Tally
from ovlt_data.generate.run import generate, plan_walk
from ovlt_data.recipe import Recipe

SMALL, SHORT, FULL = 1000, 10_000, 100_000
"""Rows: what is compared with, by default in `make bench`, and as promised."""
PROMISED = 1.3


def main(rows: int = SHORT) -> None:
    with mock_server("--sentences", "2") as url:
        small, large = (_measure(url, count) for count in (SMALL, rows))
    print(
        f"peak memory of {rows} problems: {large / small:.2f}x that of {SMALL} ({small / 1024:.0f} MB); "
        f"promised for {FULL}: at most {PROMISED}x"
    )


def _measure(url: str, rows: int) -> int:
    """Peak resident memory in KB, of a fresh process."""
    command = [sys.executable, "-m", "benchmarks.memory", "--url", url, "--rows", str(rows)]
    return int(subprocess.check_output(command, text=True))


async def _generate(url: str, rows: int, folder: Path) -> None:
    with (folder / "rows.jsonl").open("w") as table:
        table.writelines(json.dumps({"question": f"What is {n} - {n - 4}?", "answer": "4"}) + "\n" for n in range(rows))
    recipe = _make_recipe(url, folder)
    tally, stopping = Tally(), asyncio.Event()
    async with AsyncExitStack() as stack:
        endpoints = open_endpoints(recipe, tally=tally, stack=stack, say=_say, stopping=stopping)
        store = await open_store(recipe, beside=folder, stack=stack, say=_say)
        await generate(
            read_problems(recipe, images_folder=folder / "images", limit=None),
            plan_walk(recipe),
            recipe=recipe,
            folder=folder / "run",
            store=store,
            endpoints=endpoints,
            tally=tally,
            retry=frozenset(),
            stopping=stopping,
        )
    assert tally.verdicts["correct"] == rows, tally


def _make_recipe(url: str, folder: Path) -> Recipe:
    limits = {"concurrency": 64}
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
    if not given.url:
        main(given.rows)
    else:
        with tempfile.TemporaryDirectory() as folder:
            uvloop.run(_generate(given.url, given.rows, Path(folder)))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
