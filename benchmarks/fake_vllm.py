"""A vLLM as far as its scheduler goes, with time running faster: slots, a queue, prefill, decode, /metrics.

    python -m benchmarks.fake_vllm SLOTS SPEED [--no-metrics]       prints its URL as its first line

A step decodes one token of every running sequence and takes as long as their number asks for; prompts are taken in
between, as many tokens as fit in a step's budget. POST /slots sets the number of slots anew.
"""

import argparse
import asyncio
import random
from collections import deque
from itertools import count

import uvloop
from aiohttp import web

TICK = 0.01
"""Seconds between looks at the clock."""
STEP, STEP_PER_SEQUENCE = 0.015, 0.0001
"""Seconds of the served time for one decoding step, and for each sequence in it."""
PREFILL_PER_SECOND = 20_000
"""Prompt tokens taken in per second of the served time."""
PROMPT_TOKENS = 500
MEAN_TOKENS, SPREAD = 400, 0.6
"""Of a reply: lognormal, as reasoning traces are."""
BODY = (
    b'{"model": "fake", "choices": [{"index": 0, "message": {"role": "assistant", "content": "4"}, '
    b'"finish_reason": "stop"}], "usage": {"prompt_tokens": 500, "completion_tokens": 400}}'
)


class Sequence:
    """One request on its way."""

    def __init__(self, tokens: float) -> None:
        self.tokens = tokens
        self.done = asyncio.get_running_loop().create_future()


class Scheduler:
    """First come, first served, in continuous batches."""

    def __init__(self, slots: int, speed: float) -> None:
        self.slots = slots
        self.waiting: deque[Sequence] = deque()
        self.running: list[Sequence] = []
        self.waited = 0.0
        """Sequences in the queue, summed over time."""
        self._speed = speed
        self._numbers = count()

    async def complete(self) -> None:
        """One reply; its length depends on its place in the order of arrival alone."""
        drawn = random.Random(next(self._numbers)).lognormvariate(0, SPREAD)
        sequence = Sequence(MEAN_TOKENS * drawn)
        self.waiting.append(sequence)
        await sequence.done

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        before = clock()
        while True:
            await asyncio.sleep(TICK)
            now = clock()
            self._advance((now - before) * self._speed)
            before = now

    def _advance(self, seconds: float) -> None:
        self.waited += len(self.waiting) * seconds
        tokens = seconds / (STEP + STEP_PER_SEQUENCE * len(self.running))
        for sequence in self.running:
            sequence.tokens -= tokens
            if sequence.tokens <= 0:
                sequence.done.set_result(None)
        self.running = [sequence for sequence in self.running if sequence.tokens > 0]
        room = min(self.slots - len(self.running), int(seconds * PREFILL_PER_SECOND / PROMPT_TOKENS))
        for _ in range(min(room, len(self.waiting))):
            self.running.append(self.waiting.popleft())


async def serve(scheduler: Scheduler, *, metrics: bool) -> None:
    async def chat(request: web.Request) -> web.Response:
        await request.read()
        await scheduler.complete()
        return web.Response(body=BODY, content_type="application/json")

    async def show_metrics(request: web.Request) -> web.Response:
        numbers = (("running", len(scheduler.running)), ("waiting", len(scheduler.waiting)))
        lines = (f'vllm:num_requests_{name}{{engine="0",model_name="fake"}} {number:.1f}\n' for name, number in numbers)
        return web.Response(text="".join(lines))

    async def resize(request: web.Request) -> web.Response:
        scheduler.slots = int(await request.text())
        return web.Response()

    async def show_waited(request: web.Request) -> web.Response:
        return web.Response(text=str(scheduler.waited))

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/slots", resize)
    app.router.add_get("/waited", show_waited)
    if metrics:
        app.router.add_get("/metrics", show_metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await scheduler.run()


def main() -> None:
    parser = argparse.ArgumentParser(description="A vLLM without a model.")
    parser.add_argument("slots", type=int)
    parser.add_argument("speed", type=float)
    parser.add_argument("--no-metrics", action="store_true")
    given = parser.parse_args()
    uvloop.run(serve(Scheduler(given.slots, given.speed), metrics=not given.no_metrics))


if __name__ == "__main__":
    main()
