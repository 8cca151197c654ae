"""`concurrency: auto` beside five fixed numbers against a real vLLM: python -m benchmarks.vllm_concurrency

One server (`make test-vllm` installs it, OVLT_VLLM_PYTHON names its Python) with the tiny model on this CPU, which
works on 32 sequences at once. Texts and lengths are all different; what is answered within SECONDS counts. Settings
take turns, each with a fresh endpoint, so that `auto` starts anew every time. Figures are medians over the rounds.
"""

import asyncio
import os
import random
import tempfile
from pathlib import Path
from statistics import median

import msgspec
import uvloop

from ovlt_data.engine.endpoint import Endpoint, Interrupted
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport
from ovlt_data.engine.window import walk_rows
from ovlt_data.recipe import Model
from tests.vllm.vllm_server import NAME, VllmServer

FIXED = (1, 4, 16, 64, 256)
ROUNDS = 3
SECONDS = 12.0
FEWEST, MOST = 16, 64
"""Tokens of a reply."""
WINDOW = 2048
"""Rows at hand: more than any limit, so that the limit decides."""
PROMISED = 0.9


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = VllmServer(os.environ["OVLT_VLLM_PYTHON"], log=Path(folder) / "server.log")
        try:
            server.start()
            server.wait_until_ready()
            _compare(server.url)
        finally:
            server.stop()


def _compare(url: str) -> None:
    settings = (*FIXED, "auto")
    uvloop.run(_measure(url, FIXED[2]))  # the first requests of a server are slow
    rounds = [{setting: uvloop.run(_measure(url, setting)) for setting in settings} for _ in range(ROUNDS)]
    rates = {setting: sorted(rates[setting] for rates in rounds) for setting in settings}
    for setting, found in rates.items():
        print(f"{setting:>5}: {median(found):6.1f} replies/s ({found[0]:.1f} to {found[-1]:.1f})")
    best = max(FIXED, key=lambda number: median(rates[number]))
    ratio = median(rates["auto"]) / median(rates[best])
    print(f"auto {ratio:.2f}x of the best fixed ({best}); promised: {PROMISED}x", flush=True)


async def _measure(url: str, concurrency: int | str) -> float:
    """Replies a second, from the first request on."""
    model = Model.model_validate({"endpoint": url, "model": NAME, "limits": {"concurrency": concurrency}})
    transport, stopping = AiohttpTransport(connect_timeout=30.0), asyncio.Event()
    endpoint = Endpoint("m", model, urls=[url], transport=transport, tally=Tally(), say=print, stopping=stopping)
    replies = 0

    async def ask(number: int) -> None:
        nonlocal replies
        try:
            await endpoint.post(_body(number))
        except Interrupted:
            return
        replies += not stopping.is_set()

    asyncio.get_running_loop().call_later(SECONDS, stopping.set)
    await walk_rows(iter(range(10**6)), ask, size=lambda: WINDOW, stopping=stopping)
    await endpoint.close()
    return replies / SECONDS


def _body(number: int) -> bytes:
    message = {"role": "user", "content": f"What is {number} + 2?"}
    tokens = random.Random(number).randint(FEWEST, MOST)
    return msgspec.json.encode({"model": NAME, "messages": [message], "max_tokens": tokens, "ignore_eos": True})


if __name__ == "__main__":
    main()
