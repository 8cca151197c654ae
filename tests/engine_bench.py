"""An engine with one model on a store of its own, against the fake endpoint."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fake_endpoint import FakeEndpoint
from fake_words import speak

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.limiter import LOOK_EVERY
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport, Transport
from ovlt_data.recipe import Model

TEXT = "What is 12 + 30?"
SEED = 100


class Bench:
    """An engine with one model, `m`, on a store of its own."""

    def __init__(self, engine: Engine, endpoint: Endpoint, tally: Tally, said: list[str]) -> None:
        self.engine = engine
        self.endpoint = endpoint
        self.tally = tally
        self.said = said


@asynccontextmanager
async def bench(
    folder: Path,
    *servers: FakeEndpoint,
    fields: Mapping[str, Any] | None = None,
    api_key: str | None = None,
    grace: float = 30.0,
    wait: float = 0.0,
    transport: Transport | None = None,
    look_every: float = LOOK_EVERY,
) -> AsyncGenerator[Bench]:
    urls = [server.url for server in servers]
    defaults = {"endpoint": urls, "model": "fake", "sampling": {"seed": SEED}, "limits": {"attempts": 3}}
    model = Model.model_validate(defaults | dict(fields or {}))
    tally, said = Tally(), list[str]()
    store = await Store.open(folder / "store")
    endpoint = Endpoint(
        "m",
        model,
        urls=urls,
        transport=transport or AiohttpTransport(connect_timeout=5.0),
        tally=tally,
        say=said.append,
        api_key=api_key,
        grace=grace,
        wait=wait,
        backoff=0.001,
        look_every=look_every,
    )
    engine = Engine({"m": endpoint}, store, tally)
    try:
        yield Bench(engine, endpoint, tally, said)
    finally:
        await engine.cancel()
        await endpoint.close()
        await store.close()


def words(slot: int, text: str = TEXT) -> str:
    return speak([{"role": "user", "content": text}], SEED + slot)
