"""An endpoint for tests: a real server on a real socket, whose words are a pure function of (messages, seed + choice).

A question such as "12 + 30" is answered rightly by three hashes in four. What was asked is counted, and written to a
file that outlives the server; faults come by script: the first requests' one by one, then at seeded random rates.

    python tests/fake_endpoint.py --log asked.jsonl --rates '{"reset": 0.1}'      prints its URL as its first line
"""

import argparse
import asyncio
import base64
import email.utils
import json
import random
import re
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Self

from aiohttp import web

WORDS = [
    "so",
    "first",
    "the",
    "left",
    "number",
    "then",
    "right",
    "one",
    "together",
    "that",
    "makes",
    "let",
    "me",
    "add",
]
PICTURE_TOKENS = 64


class Call(NamedTuple):
    """One request and what the server would say to it."""

    request: web.Request
    peer: tuple[str, int]
    body: dict[str, Any]
    server: "FakeEndpoint"

    @property
    def n(self) -> int:
        return self.body.get("n") or 1


Fault = Callable[[Call], Awaitable[web.StreamResponse]]


class FakeEndpoint:
    """`async with FakeEndpoint() as server:` serves at `server.url` until the block ends."""

    def __init__(
        self,
        *,
        model: str = "fake",
        api_key: str | None = None,
        first: Sequence[str] = (),
        rates: Mapping[str, float] | None = None,
        seed: int = 0,
        delay: float = 0.0,
        log: Path | None = None,
        port: int = 0,
    ) -> None:
        self.model = model
        self.requests = 0
        self.asked: list[tuple[str, int]] = []
        """(hash of the messages, seed) of every choice asked for, refused or not."""
        self.bodies: list[dict[str, Any]] = []
        self.in_flight = self.most_in_flight = 0
        self.served: set[tuple[str, int]] = set()
        """Peers of connections that have carried a request."""
        self._api_key = api_key
        self._first = list(first)
        self._rates = rates or {}
        self._seed = seed
        self._delay = delay
        self._log = log
        self._port = port
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
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_get("/counters", self._counters)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        call = Call(request, request.transport.get_extra_info("peername"), await request.json(), self)
        self._remember(call)
        fault = FAULTS[self._pick_fault(call)]
        self.in_flight += 1
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        try:
            await asyncio.sleep(self._delay)
            return await fault(call)
        finally:
            self.in_flight -= 1
            self.served.add(call.peer)

    def _remember(self, call: Call) -> None:
        asked = [(hash_messages(call.body["messages"]), seed) for seed in seeds_of(call.body)]
        self.requests += 1
        self.asked += asked
        self.bodies.append(call.body)
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
        asked = (hash_messages(call.body["messages"]), seeds_of(call.body)[0])
        draw = random.Random(f"{self._seed} {asked} {self.asked.count(asked)}")
        names, weights = list(self._rates), list(self._rates.values())
        return draw.choices(["none", *names], [1 - sum(weights), *weights])[0]

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": self.model, "object": "model"}]})

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _counters(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": self.requests, "asked": self.asked})


def seeds_of(body: Mapping[str, Any]) -> list[int]:
    """vLLM's rule: choice i of a request with seed S is sampled with S + i."""
    return [(body.get("seed") or 0) + choice for choice in range(body.get("n") or 1)]


def hash_messages(messages: Sequence[Mapping[str, Any]]) -> str:
    """Of the text and the pictures' bytes."""
    return hash_asked(text_of(messages), [sha256(picture).hexdigest() for picture in pictures_of(messages)])


def hash_asked(text: str, pictures: Sequence[str]) -> str:
    """Of one message; the pictures by the sha256 of their bytes."""
    return sha256(json.dumps([text, *pictures]).encode()).hexdigest()


def text_of(messages: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(part["text"] for part in _parts(messages) if part["type"] == "text")


def pictures_of(messages: Sequence[Mapping[str, Any]]) -> list[bytes]:
    urls = [part["image_url"]["url"] for part in _parts(messages) if part["type"] == "image_url"]
    return [base64.b64decode(url.partition(",")[2]) for url in urls]


def _parts(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    contents = [message["content"] for message in messages]
    return [
        part
        for content in contents
        for part in ([{"type": "text", "text": content}] if isinstance(content, str) else content)
    ]


def speak(messages: Sequence[Mapping[str, Any]], seed: int) -> str:
    """What is said under this seed: a thought of some length, prose, an answer."""
    draw = random.Random(f"{hash_messages(messages)} {seed}")
    thought = " ".join(draw.choices(WORDS, k=draw.randint(30, 120)))
    return f"<think>\n{thought}\n</think>\n\nAdding both gives it. <answer>{_answer(messages, draw)}</answer>"


def _answer(messages: Sequence[Mapping[str, Any]], draw: random.Random) -> str:
    sums = re.findall(r"(\d+) \+ (\d+)", text_of(messages))
    if not sums:
        return f"a picture of {draw.choice(WORDS)}"
    left, right = sums[-1]
    return str(int(left) + int(right) + draw.choice([0, 0, 0, 1]))


def complete(call: Call, *, n: int | None = None, sees: bool = True) -> dict[str, Any]:
    """The completion as vLLM words it; a word is a token."""
    messages, cap = call.body["messages"], call.body.get("max_tokens") or 10**6
    texts = [speak(messages, seed) for seed in seeds_of(call.body)[:n]]
    pictures = len(pictures_of(messages)) if sees else 0
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": call.server.model,
        "choices": [_choice(index, text, cap) for index, text in enumerate(texts)],
        "usage": {
            "prompt_tokens": len(text_of(messages).split()) + pictures * PICTURE_TOKENS,
            "completion_tokens": sum(min(len(text.split()), cap) for text in texts),
        },
    }


def _choice(index: int, text: str, cap: int) -> dict[str, Any]:
    cut = len(text.split()) > cap
    content = " ".join(text.split()[:cap]) if cut else text
    message = {"role": "assistant", "content": content, "reasoning": None}
    return {"index": index, "message": message, "finish_reason": "length" if cut else "stop"}


async def none(call: Call) -> web.StreamResponse:
    return web.json_response(complete(call))


async def refuse(call: Call, *, status: int, **error: str) -> web.StreamResponse:
    body = {"message": f"refused with {status}", "type": "Error", "param": None, "code": status}
    return web.json_response({"error": body | error}, status=status)


async def wrong_key(call: Call) -> web.StreamResponse:
    """Hosted APIs quote the key that they refuse."""
    key = call.request.headers.get("Authorization", "").removeprefix("Bearer ")
    return await refuse(call, status=401, message=f"Incorrect API key provided: {key}")


async def retry_in_seconds(call: Call) -> web.StreamResponse:
    return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0"})


async def retry_at_date(call: Call) -> web.StreamResponse:
    date = email.utils.formatdate(time.time(), usegmt=True)
    return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": date})


async def reset(call: Call) -> web.StreamResponse:
    """The connection is reset before a byte of the answer."""
    _reset(call.request)
    return web.Response()


async def reset_in_body(call: Call) -> web.StreamResponse:
    body = json.dumps(complete(call)).encode()
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await answer.prepare(call.request)
    await answer.write(body[: len(body) // 2])
    _reset(call.request)
    return answer


async def close_kept_alive(call: Call) -> web.StreamResponse:
    """The connection is closed under a request, unless it is the connection's first."""
    if call.peer not in call.server.served:
        return await none(call)
    assert call.request.transport is not None
    call.request.transport.close()
    return web.Response()


async def html(call: Call) -> web.StreamResponse:
    return web.Response(text="<html><body>Welcome to nginx!</body></html>", content_type="text/html")


async def truncated_json(call: Call) -> web.StreamResponse:
    return web.Response(body=json.dumps(complete(call)).encode()[:-40], content_type="application/json")


async def no_choices(call: Call) -> web.StreamResponse:
    return web.json_response(complete(call) | {"choices": []})


async def fewer_choices(call: Call) -> web.StreamResponse:
    return web.json_response(complete(call, n=max(1, call.n // 2)))


async def n_ignored(call: Call) -> web.StreamResponse:
    return web.json_response(complete(call, n=1))


async def n_refused(call: Call) -> web.StreamResponse:
    if call.n > 1:
        return await refuse(call, status=400, message="n must be 1", param="n")
    return await none(call)


async def blind(call: Call) -> web.StreamResponse:
    """A text model behind a vision prompt: pictures cost no tokens, since nobody looks at them."""
    return web.json_response(complete(call, sees=False))


async def slow(call: Call) -> web.StreamResponse:
    await asyncio.sleep(30)
    return await none(call)


async def reword(call: Call, *, change: Callable[[str], Mapping[str, Any] | None]) -> web.StreamResponse:
    """The same completion with another message in each choice."""
    completion = complete(call)
    for choice in completion["choices"]:
        choice["message"] = change(choice["message"]["content"])
    return web.json_response(completion)


def _reasoning_apart(text: str) -> Mapping[str, Any]:
    thought, _, rest = text.removeprefix("<think>").partition("</think>")
    return {"role": "assistant", "content": rest, "reasoning": thought}


FAULTS: Mapping[str, Fault] = {
    "none": none,
    **{f"status_{status}": partial(refuse, status=status) for status in (400, 401, 402, 403, 408, 409, 413, 422)},
    **{f"status_{status}": partial(refuse, status=status) for status in (429, 500, 502, 503, 529)},
    "status_404": partial(refuse, status=404, message="The model `fake` does not exist.", param="model"),
    "wrong_key": wrong_key,
    "context": partial(refuse, status=400, message="maximum context length is 2048 tokens", param="input_tokens"),
    "retry_in_seconds": retry_in_seconds,
    "retry_at_date": retry_at_date,
    "reset": reset,
    "reset_in_body": reset_in_body,
    "close_kept_alive": close_kept_alive,
    "slow": slow,
    "html": html,
    "truncated_json": truncated_json,
    "no_choices": no_choices,
    "fewer_choices": fewer_choices,
    "n_ignored": n_ignored,
    "n_refused": n_refused,
    "blind": blind,
    "null_message": partial(reword, change=lambda text: None),
    "empty_content": partial(reword, change=lambda text: {"role": "assistant", "content": ""}),
    "reasoning_field": partial(reword, change=_reasoning_apart),
    "reasoning_only": partial(reword, change=lambda text: {"role": "assistant", "content": None, "reasoning": text}),
    "no_reasoning": partial(reword, change=lambda text: {"content": text.partition("</think>")[2]}),
}


def _reset(request: web.Request) -> None:
    """Close with RST instead of FIN, as a crashed server's machine does."""
    assert request.transport is not None
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


async def serve(server: FakeEndpoint) -> None:
    async with server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="An endpoint for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--rates", type=json.loads, default={})
    given = parser.parse_args()
    asyncio.run(serve(FakeEndpoint(port=given.port, log=given.log, delay=given.delay, rates=given.rates)))


if __name__ == "__main__":
    main()
