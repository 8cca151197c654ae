"""The embedded server behind the same seam as any other: started at the first request, never for a run that the
store answers whole.
"""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.engine.transport import AiohttpTransport, Answer, Feed, Unreachable
from ovlt_data.errors import EnvironmentStop
from ovlt_data.recipe import Model
from ovlt_data.serve.embedded import TINY_MODEL, EmbeddedServer, start_embedded


def embedded_folder(model: Model) -> Path:
    """The folder of the model that `endpoint: embedded` serves."""
    return Path(model.model) if model.model else TINY_MODEL


def resolve_embedded(model: Model) -> Model:
    """The same model with its identity: served under its folder's name, known by the hash of its weights."""
    folder = embedded_folder(model)
    return model.model_copy(update={"model": folder.name, "checkpoint": checkpoint_hash(folder)})


class EmbeddedServers:
    """The servers of one run, one for each model folder, however many roles it plays."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._started: dict[Path, asyncio.Task[EmbeddedServer]] = {}

    async def url(self, folder: Path) -> str:
        """Its URL up to /v1; starts it the first time."""
        if folder not in self._started:
            self._started[folder] = asyncio.create_task(start_embedded(folder, stack=self._stack))
        return (await asyncio.shield(self._started[folder])).url


class EmbeddedTransport:
    """Posts to an embedded server, whatever URL it got."""

    def __init__(self, folder: Path, servers: EmbeddedServers) -> None:
        self._folder = folder
        self._servers = servers
        self._http = AiohttpTransport(connect_timeout=10.0)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        with self._faults():
            return await self._http.post(await self._chat_url(), body, headers, seconds=seconds)

    async def post_stream(
        self, url: str, body: bytes, headers: Mapping[str, str], *, idle: float, feed: Feed
    ) -> Answer:
        with self._faults():
            return await self._http.post_stream(await self._chat_url(), body, headers, idle=idle, feed=feed)

    async def close(self) -> None:
        await self._http.close()

    async def _chat_url(self) -> str:
        return f"{await self._servers.url(self._folder)}/chat/completions"

    @contextmanager
    def _faults(self) -> Generator[None]:
        try:
            yield
        except Unreachable as error:
            raise EnvironmentStop(f"the embedded server for {self._folder} is gone ({error})") from error
