"""Three replicas of which one is killed, beside the two that are left alone: python -m benchmarks.replicas

Simulated vLLMs of 32 slots, each in a process of its own, whose time and our looks at them run SPEED times as fast.
"""

import asyncio
import subprocess
import sys
import time
from contextlib import ExitStack

import uvloop

from benchmarks.fake_vllm import MEAN_TOKENS
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.limiter import LOOK_EVERY
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport
from ovlt_data.engine.window import walk_rows
from ovlt_data.recipe import Model

SPEED, SLOTS, REQUESTS, WINDOW = 20.0, 32, 400, 256
PROMISED = 0.9
BODY = b'{"model": "fake", "messages": [{"role": "user", "content": "What is 2 + 2?"}]}'


def main() -> None:
    two, _ = measure(2, kill=False)
    three, answered = measure(3, kill=True)
    print(
        f"one of three replicas killed at the start: {three / two:.2f}x of two that are left alone; promised: "
        f"{PROMISED}x; {answered} of {REQUESTS} answered ({MEAN_TOKENS} tokens on average)"
    )


def measure(replicas: int, *, kill: bool) -> tuple[float, int]:
    """Replies a second of our time, and how many came."""
    command = [sys.executable, "-m", "benchmarks.fake_vllm", str(SLOTS), str(SPEED)]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(replicas)
        ]
        for server in servers:
            stack.callback(server.kill)
        urls = [server.stdout.readline().strip() for server in servers if server.stdout]
        return uvloop.run(ask_all(urls, dying=servers[-1] if kill else None))


async def ask_all(urls: list[str], *, dying: subprocess.Popen[str] | None) -> tuple[float, int]:
    model = Model.model_validate({"endpoint": urls, "model": "fake"})
    transport, answered = AiohttpTransport(connect_timeout=30.0), 0
    endpoint = Endpoint(
        "m", model, urls=urls, transport=transport, tally=Tally(), say=print, look_every=LOOK_EVERY / SPEED
    )

    async def ask(number: int) -> None:
        nonlocal answered
        if number == SLOTS and dying is not None:
            dying.kill()
        await endpoint.post(BODY)
        answered += 1

    started = time.perf_counter()
    await walk_rows(iter(range(REQUESTS)), ask, size=lambda: WINDOW, stopping=asyncio.Event())
    seconds = time.perf_counter() - started
    await endpoint.close()
    return REQUESTS / seconds, answered


if __name__ == "__main__":
    main()
