"""What a durable request costs beside a bare one, in CPU and in pace: python -m benchmarks.engine

Bare: aiohttp on uvloop that builds JSON, posts, decodes and stores nothing. Ours: the whole engine with its store.
Both against the same mock server in a process of its own, 2 KB in and 2 KB out, each in a fresh process, by turns;
figures are medians over the rounds.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import aiohttp
import msgspec
import uvloop

from benchmarks.mock_server import mock_server
from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import Ask
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport
from ovlt_data.engine.window import walk_rows
from ovlt_data.recipe import Model

REQUESTS = 4000
ROUNDS = 3
IN_FLIGHT = (256, 1024)
OFFERED = 500.0
"""Requests a second that become due, where the pace is given."""
PROMPT = "What does the picture show, and how many of them are red? " * 34

AskOne = Callable[[int], Awaitable[None]]


def main() -> None:
    with mock_server() as url:
        for in_flight in IN_FLIGHT:
            cpu, pace = _compare(url, in_flight)
            print(f"{in_flight:>5} in flight: {cpu:.2f}x the bare loop's CPU, {pace:.2f}x its throughput", flush=True)
        cpu, pace = _compare(url, IN_FLIGHT[0], OFFERED)
        print(f"{OFFERED:>5g} a second offered: {pace:.2f}x the bare loop's throughput, {cpu:.2f}x its CPU", flush=True)


def _compare(url: str, in_flight: int, offered: float = 0.0) -> tuple[float, float]:
    """Ours beside the bare loop: (CPU, throughput), as ratios of medians."""
    rounds = [[_measure(kind, url, in_flight, offered) for kind in CLIENTS] for _ in range(ROUNDS)]
    bare, ours = ([median(figures) for figures in zip(*runs, strict=True)] for runs in zip(*rounds, strict=True))
    return ours[0] / bare[0], ours[1] / bare[1]


def _measure(kind: str, url: str, in_flight: int, offered: float) -> tuple[float, float]:
    """(CPU seconds a request, requests a second), from a fresh process."""
    command = [sys.executable, "-m", "benchmarks.engine", kind, url, str(in_flight), str(offered)]
    cpu, pace = subprocess.check_output(command, text=True).split()
    return float(cpu), float(pace)


@asynccontextmanager
async def bare(url: str, in_flight: int) -> AsyncGenerator[AskOne]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(number: int) -> None:
            message = {"role": "user", "content": f"{number} {PROMPT}"}
            body = msgspec.json.encode({"model": "mock", "messages": [message], "temperature": 1.0})
            async with session.post(f"{url}/chat/completions", data=body) as answer:
                msgspec.json.decode(await answer.read())

        yield ask


@asynccontextmanager
async def ours(url: str, in_flight: int) -> AsyncGenerator[AskOne]:
    fields = {"endpoint": url, "model": "mock", "revision": "r", "limits": {"concurrency": in_flight}}
    model, tally = Model.model_validate(fields), Tally()
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder))
        transport = AiohttpTransport(connect_timeout=10.0)
        endpoint = Endpoint("m", model, urls=[url], transport=transport, tally=tally, say=print)
        engine = Engine({"m": endpoint}, store, tally)

        async def ask(number: int) -> None:
            await engine.sample(Ask("m", f"{number} {PROMPT}"), 1)

        yield ask
        await endpoint.close()
        await store.close()


CLIENTS = {"bare": bare, "ours": ours}


async def _run(kind: str, url: str, in_flight: int, offered: float) -> None:
    """Ask all; where a pace is given, request number i sets out i / pace seconds after the first, never earlier."""
    wall, cpu = time.perf_counter(), time.process_time()
    async with CLIENTS[kind](url, in_flight) as ask:

        async def ask_in_time(number: int) -> None:
            if offered:
                await asyncio.sleep(wall + number / offered - time.perf_counter())
            await ask(number)

        await walk_rows(iter(range(REQUESTS)), ask_in_time, size=lambda: in_flight, stopping=asyncio.Event())
    print((time.process_time() - cpu) / REQUESTS, REQUESTS / (time.perf_counter() - wall))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(_run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    else:
        main()
