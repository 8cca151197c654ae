"""What a streamed reply costs beside an unstreamed one, in CPU: python -m benchmarks.streaming

256 replies at once, 500 tokens each at 50 a second, one or 16 tokens an event. Bare: aiohttp on uvloop that reads line
by line, decodes each event with msgspec and keeps nothing. Ours: the whole engine with its store.
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

from benchmarks.mock_stream import TOKENS, events
from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import Ask
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport
from ovlt_data.recipe import Model

REPLIES = 256
UNSTREAMED = 0
"""Stands for tokens an event."""


def main() -> None:
    with subprocess.Popen([sys.executable, "-m", "benchmarks.mock_stream"], stdout=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        url = mock.stdout.readline().strip()
        plain = _measure("ours", url, UNSTREAMED)
        print(f"unstreamed, {TOKENS} tokens a reply: {plain:.0f} µs CPU a reply")
        for interval in (1, 16):
            bare, ours = (_measure(kind, url, interval) for kind in ("bare", "ours"))
            n = len(events(interval))
            print(
                f"{interval:>2} tokens an event: {ours:.0f} µs CPU a reply, {(ours - plain) / n:.1f} more an event, "
                f"{(ours - plain) / TOKENS:.1f} a token ({ours / bare:.2f}x of bare, {bare:.0f})"
            )
        mock.kill()


def _measure(kind: str, url: str, interval: int) -> float:
    """CPU microseconds a reply, from a fresh process."""
    command = [sys.executable, "-m", "benchmarks.streaming", kind, url, str(interval)]
    return float(subprocess.check_output(command, text=True))


async def bare(url: str, interval: int) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(number: int) -> str:
            message = {"role": "user", "content": f"question {number}"}
            body = {"model": "mock", "messages": [message], "stream": True, "stream_interval": interval}
            words: list[str] = []
            async with session.post(f"{url}/chat/completions", data=msgspec.json.encode(body)) as answer:
                async for line in answer.content:
                    if line.startswith(b"data: {"):
                        words.append(msgspec.json.decode(line[6:])["choices"][0]["delta"]["content"])
            return "".join(words)

        await asyncio.gather(*(ask(number) for number in range(REPLIES)))


async def ours(url: str, interval: int) -> None:
    fields = {"stream": True, "extra_body": {"stream_interval": interval}} if interval else {}
    limits = {"concurrency": REPLIES}
    model = Model.model_validate({"endpoint": url, "model": "mock", "revision": "r", "limits": limits, **fields})
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder))
        transport = AiohttpTransport(connect_timeout=10.0)
        endpoint = Endpoint("m", model, urls=[url], transport=transport, tally=tally, say=print)
        engine = Engine({"m": endpoint}, store, tally)
        await asyncio.gather(*(engine.sample(Ask("m", f"question {number}"), 1) for number in range(REPLIES)))
        await endpoint.close()
        await store.close()
    assert tally.completion_tokens == REPLIES * TOKENS


def _run(kind: str, url: str, interval: int) -> None:
    cpu = time.process_time()
    uvloop.run({"bare": bare, "ours": ours}[kind](url, interval))
    print((time.process_time() - cpu) / REPLIES * 1e6)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
