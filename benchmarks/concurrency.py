"""`concurrency: auto` beside the best of five fixed numbers: python -m benchmarks.concurrency

Against a simulated vLLM in a process of its own (benchmarks/fake_vllm.py) whose time, and our looks at it, run
SPEED times as fast. Every run is a fresh server and a fresh endpoint, from its first request to its last reply.
"""

import asyncio
import subprocess
import sys
import time
from itertools import count

import httpx
import uvloop
from msgspec import Struct

from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.limiter import LOOK_EVERY
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport
from ovlt_data.engine.window import walk_rows
from ovlt_data.recipe import Model

SPEED = 10.0
FIXED = (0.5, 1, 1.25, 2, 8)
"""Times the slots that the server starts with."""
WINDOW = 2048
"""Rows at hand: more than any limit, so that the limit decides."""
PROMISED = 0.9
BODY = b'{"model": "fake", "messages": [{"role": "user", "content": "What is 2 + 2?"}]}'


class Case(Struct, frozen=True):
    """A server and how much it is asked for."""

    name: str
    slots: tuple[int, ...]
    """One after the other, at equal parts of the requests."""
    requests: int
    metrics: bool = True


class Ran(Struct, frozen=True):
    """Replies a second of the served time, and how many requests waited in the server on average."""

    rate: float
    waiting: float


CASES = (
    Case("16 slots", (16,), 200),
    Case("64 slots", (64,), 800),
    Case("256 slots", (256,), 2500),
    Case("64, 16, then 128 slots", (64, 16, 128), 1200),
    Case("64 slots, no /metrics", (64,), 1600, metrics=False),
)


def main() -> None:
    for case in CASES:
        fixed = {number: measure(case, number) for number in (round(share * case.slots[0]) for share in FIXED)}
        auto = measure(case, "auto")
        best = max(fixed, key=lambda number: fixed[number].rate)
        print(
            f"{case.name:<24} auto {auto.rate / fixed[best].rate:.2f}x of the best fixed ({best}), "
            f"{auto.waiting:.0f} waiting there, not {fixed[best].waiting:.0f}; promised: {PROMISED}x\n"
            f"{'':<24} " + ", ".join(f"{number}: {ran.rate:.1f}/s" for number, ran in fixed.items()),
            flush=True,
        )


def measure(case: Case, concurrency: int | str) -> Ran:
    command = [sys.executable, "-m", "benchmarks.fake_vllm", str(case.slots[0]), str(SPEED)]
    with subprocess.Popen(command + ["--no-metrics"] * (not case.metrics), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            return uvloop.run(ask_all(server.stdout.readline().strip(), case, concurrency))
        finally:
            server.kill()


async def ask_all(url: str, case: Case, concurrency: int | str) -> Ran:
    model = Model.model_validate({"endpoint": url, "model": "fake", "limits": {"concurrency": concurrency}})
    transport = AiohttpTransport(connect_timeout=30.0)
    endpoint = Endpoint(
        "m", model, urls=[url], transport=transport, tally=Tally(), say=print, look_every=LOOK_EVERY / SPEED
    )
    control = httpx.AsyncClient(trust_env=False, base_url=url.removesuffix("/v1"))
    answered = count(1)
    part = case.requests // len(case.slots)

    async def ask(_: int) -> None:
        await endpoint.post(BODY)
        turn, rest = divmod(next(answered), part)
        if rest == 0 and turn < len(case.slots):
            await control.post("/slots", content=str(case.slots[turn]))

    started = time.perf_counter()
    await walk_rows(iter(range(case.requests)), ask, size=lambda: WINDOW, stopping=asyncio.Event())
    seconds = (time.perf_counter() - started) * SPEED
    waited = float((await control.get("/waited")).text)
    await endpoint.close()
    await control.aclose()
    return Ran(rate=case.requests / seconds, waiting=waited / seconds)


if __name__ == "__main__":
    main()
