"""An endpoint that streams 500 tokens at 50 a second to everybody, in events as large as vLLM's.

How many tokens an event holds is what the request says in `stream_interval`; without `stream` all come at once, after
the same time. Its URL is its first line: python -m benchmarks.mock_stream
"""

import asyncio
import json
import random
from typing import Any, cast

import uvloop

TOKENS, SECONDS_PER_TOKEN = 500, 0.02
VOCABULARY = "so the sum of both is one more than that and then some"
WORDS = random.Random(0).choices(VOCABULARY.split(), k=TOKENS)
EVENT = {"id": f"chatcmpl-{0:032}", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "mock"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
DONE = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def events(interval: int) -> list[bytes]:
    """One HTTP chunk each."""
    starts = range(0, TOKENS, interval)
    return [_chunk(" ".join(["", *WORDS[at : at + interval]]), at + interval) for at in starts] + [_end()]


def whole() -> bytes:
    message = {"role": "assistant", "content": " ".join(WORDS)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"model": "mock", "choices": [choice], "usage": _usage(TOKENS)}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Mock(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found or len(rest) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return
        self._received = b""
        body = json.loads(rest)
        loop = asyncio.get_running_loop()
        if not body.get("stream"):
            loop.call_later(TOKENS * SECONDS_PER_TOKEN, self._transport.write, whole())
            return
        interval = body["stream_interval"]
        self._left = iter(events(interval))
        self._transport.write(HEAD)
        loop.call_later(random.random() * interval * SECONDS_PER_TOKEN, self._send, interval * SECONDS_PER_TOKEN)

    def _send(self, seconds: float) -> None:
        event = next(self._left, None)
        self._transport.write(event or DONE)
        if event:
            asyncio.get_running_loop().call_later(seconds, self._send, seconds)


def _chunk(text: str, tokens: int, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": finish_reason}
    body: dict[str, Any] = EVENT | {"choices": [choice], "usage": _usage(min(tokens, TOKENS))}
    data = b"data: " + json.dumps(body).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


def _end() -> bytes:
    return _chunk("", TOKENS, "stop")


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 500, "completion_tokens": tokens, "total_tokens": 500 + tokens}


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Mock, "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
