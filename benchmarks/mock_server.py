"""The cheapest endpoint there is: answers every request with the same completion. Its URL is its first line.

python -m benchmarks.mock_server [--delay SECONDS] [--sentences N]
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

import uvloop

SENTENCES = 85
"""In a reply's reasoning: 2 KB."""
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def mock_server(*options: str) -> Generator[str]:
    """One in a process of its own, by its URL."""
    command = [sys.executable, "-m", "benchmarks.mock_server", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def make_answer(*, sentences: int) -> bytes:
    text = "<think>" + "so it goes on and on. " * sentences + "</think> It is 4. <answer>4</answer>"
    completion = {
        "model": "mock",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 500, "completion_tokens": 500},
    }
    body = json.dumps(completion).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Mock(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, answer: bytes, delay: float) -> None:
        self._answer = answer
        self._delay = delay
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"GET"):  # a look for /metrics
            self._received.clear()
            self._transport.write(NOT_FOUND)
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        self._received.clear()
        asyncio.get_running_loop().call_later(self._delay, self._transport.write, self._answer)


async def serve(answer: bytes, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Mock(answer, delay), "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="The cheapest endpoint there is.")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    given = parser.parse_args()
    uvloop.run(serve(make_answer(sentences=given.sentences), given.delay))


if __name__ == "__main__":
    main()
