"""What a durable request costs beside a bare one, in CPU: python -m benchmarks.engine

Bare: aiohttp on uvloop that builds JSON, posts, decodes and stores nothing. Ours: the whole engine with its store.
Both against the same mock server in a process of its own, 2 KB in and 2 KB out, each in a fresh process.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import msgspec
import uvloop

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import Ask
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport
from ovlt_data.engine.window import walk_rows
from ovlt_data.recipe import Model

REQUESTS = 6000
IN_FLIGHT = (256, 1024)
PROMPT = "What does the picture show, and how many of them are red? " * 34


def main() -> None:
    with subprocess.Popen([sys.executable, "-m", "benchmarks.mock_server"], stdout=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        url = mock.stdout.readline().strip()
        for in_flight in IN_FLIGHT:
            bare, ours = (_measure(kind, url, in_flight) for kind in ("bare", "ours"))
            print(
                f"{in_flight:>5} in flight: bare {bare[0]:.0f} µs CPU a request, ours {ours[0]:.0f} "
                f"({ours[0] / bare[0]:.2f}x); throughput {ours[1] / bare[1]:.2f}x of bare"
            )
        mock.kill()


def _measure(kind: str, url: str, in_flight: int) -> tuple[float, float]:
    """(CPU microseconds a request, requests per second), from a fresh process."""
    command = [sys.executable, "-m", "benchmarks.engine", kind, url, str(in_flight)]
    cpu, pace = subprocess.check_output(command, text=True).split()
    return float(cpu), float(pace)


async def bare(url: str, in_flight: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(number: int) -> None:
            message = {"role": "user", "content": f"{number} {PROMPT}"}
            body = msgspec.json.encode({"model": "mock", "messages": [message], "temperature": 1.0})
            async with session.post(f"{url}/chat/completions", data=body) as answer:
                msgspec.json.decode(await answer.read())

        await walk_rows(iter(range(REQUESTS)), ask, size=lambda: in_flight, stopping=asyncio.Event())


async def ours(url: str, in_flight: int) -> None:
    model = Model.model_validate(
        {"endpoint": url, "model": "mock", "revision": "r", "limits": {"concurrency": in_flight}}
    )
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder))
        transport = AiohttpTransport(connect_timeout=10.0)
        endpoint = Endpoint("m", model, urls=[url], transport=transport, tally=tally, say=print)
        engine = Engine({"m": endpoint}, store, tally)

        async def ask(number: int) -> None:
            await engine.sample(Ask("m", f"{number} {PROMPT}"), 1)

        await walk_rows(iter(range(REQUESTS)), ask, size=lambda: in_flight, stopping=asyncio.Event())
        await endpoint.close()
        await store.close()


def _run(kind: str, url: str, in_flight: int) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    uvloop.run({"bare": bare, "ours": ours}[kind](url, in_flight))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(cpu / REQUESTS * 1e6, REQUESTS / wall)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
