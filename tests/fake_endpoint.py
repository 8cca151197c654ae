"""An endpoint for tests: a real server on a real socket, whose words are a pure function of (messages, seed + choice).

What was asked is counted, and written to a file that outlives the server; faults come by script: the first requests'
one by one, then at seeded random rates.

    python tests/fake_endpoint.py --log asked.jsonl --rates '{"reset": 0.1}'      prints its URL as its first line
"""

import argparse
import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from fake_faults import FAULTS, Call
from fake_words import hash_messages, seeds_of, text_of


class FakeEndpoint:
    """`async with FakeEndpoint() as server:` serves at `server.url` until the block ends."""

    def __init__(
        self,
        *,
        model: str = "fake",
        api_key: str | None = None,
        first: Sequence[str] = (),
        rates: Mapping[str, float] | None = None,
        tied: Mapping[str, str] | None = None,
        seed: int = 0,
        delay: float = 0.0,
        log: Path | None = None,
        port: int = 0,
        metrics: bool = False,
    ) -> None:
        """`tied` are faults that last, by a text that stands in the messages of those who meet them."""
        self.model = model
        self.requests = self.looks = 0
        self.asked: list[tuple[str, int]] = []
        """(hash of the messages, seed) of every choice asked for, refused or not."""
        self.bodies: list[dict[str, Any]] = []
        self.in_flight = self.most_in_flight = 0
        self.idle = asyncio.Event()
        """Nothing is in flight, after something was."""
        self._api_key = api_key
        self._first = list(first)
        self._rates = rates or {}
        self._tied = tied or {}
        self._times: Counter[tuple[str, int]] = Counter()
        self._seed = seed
        self._delay = delay
        self._log = log
        self._port = port
        self._metrics = metrics
        self._site: web.TCPSite | None = None
        self._peers: set[tuple[str, int]] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; once stopped, at the same port again."""
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def close_port(self) -> None:
        """Listen no more, and leave open requests hanging, as a vLLM does whose processes all got a SIGTERM."""
        assert self._site is not None
        await self._site.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_get("/counters", self._counters)
        if self._metrics:
            app.router.add_get("/metrics", self._show_metrics)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peer = request.transport.get_extra_info("peername")
        call = Call(request, await request.json(), reused=peer in self._peers)
        self._peers.add(peer)
        self._remember(call.body)
        fault = FAULTS[self._pick_fault(call)]
        self.in_flight += 1
        self.idle.clear()
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        try:
            await asyncio.sleep(self._delay)
            return await fault(call)
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self.idle.set()

    def _remember(self, body: dict[str, Any]) -> None:
        asked = [(hash_messages(body["messages"]), seed) for seed in seeds_of(body)]
        self.requests += 1
        self.asked += asked
        self._times.update(asked)
        self.bodies.append(body)
        if self._log is not None:
            with self._log.open("a") as file:
                file.writelines(json.dumps(one) + "\n" for one in asked)

    def _pick_fault(self, call: Call) -> str:
        """By script, else drawn by what is asked and how often it was: the order of arrival changes nothing."""
        key = call.request.headers.get("Authorization")
        if self._api_key and key != f"Bearer {self._api_key}":
            return "wrong_key"
        if call.body["model"] != self.model:
            return "status_404"
        if self.requests <= len(self._first):
            return self._first[self.requests - 1]
        text = text_of(call.body["messages"])
        if tied := [fault for mark, fault in self._tied.items() if mark in text]:
            return tied[0]
        asked = (hash_messages(call.body["messages"]), seeds_of(call.body)[0])
        return draw_fault(self._rates, asked, self._times[asked], seed=self._seed)

    async def _models(self, request: web.Request) -> web.Response:
        self.looks += 1
        return web.json_response({"object": "list", "data": [{"id": self.model, "object": "model"}]})

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _show_metrics(self, request: web.Request) -> web.Response:
        """As vLLM's, for a server where nothing waits."""
        counters = {"num_requests_running": self.in_flight, "num_requests_waiting": 0}
        counters |= {"generation_tokens_total": 10 * (self.requests - self.in_flight), "prompt_tokens_total": 0}
        return web.Response(text="".join(f"vllm:{name} {value}.0\n" for name, value in counters.items()))

    async def _counters(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": self.requests, "asked": self.asked})


def draw_fault(rates: Mapping[str, float], asked: tuple[str, int], times: int, *, seed: int = 0) -> str:
    """What becomes of a request when it is sent for the so manieth time."""
    draw = random.Random(f"{seed} {asked} {times}")
    return draw.choices(["none", *rates], [1 - sum(rates.values()), *rates.values()])[0]


async def serve(server: FakeEndpoint) -> None:
    async with server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="An endpoint for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="fake")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--rates", type=json.loads, default={})
    parser.add_argument("--tied", type=json.loads, default={})
    given = parser.parse_args()
    asyncio.run(serve(FakeEndpoint(**vars(given))))


if __name__ == "__main__":
    main()
