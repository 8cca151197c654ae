"""Model servers of a loop: started by the recipe's command at a free port, or found running, and waited for."""

import asyncio
import shlex
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from msgspec import Struct

from ovlt_data.engine.look import open_client
from ovlt_data.errors import EndpointStop
from ovlt_data.loop.children import Child, Crew, last_lines
from ovlt_data.recipe.loop import Server
from ovlt_data.types import Say

PAUSE = 0.5
LOOK_SECONDS = 10.0


class Served(Struct, frozen=True):
    """A model that answers."""

    url: str
    """Up to /v1."""
    model: str
    """Its id, as the server lists it."""
    child: Child | None
    """None where the loop did not start it."""


class _Listed(Struct):
    id: str


class _Models(Struct):
    data: list[_Listed]


@asynccontextmanager
async def serve(
    server: Server, *, model: str, name: str, crew: Crew, logs: Path, stopping: asyncio.Event, say: Say
) -> AsyncGenerator[Served]:
    """A server of `model`, under `name` where the command says so. Raises EndpointStop when it is not ready in time."""
    port = find_port()
    url = server.url.replace("{port}", str(port))
    if server.command is None:
        say(f"waiting until {url} serves {model} as {name}")
        yield await _wait(server, url, name, child=None, stopping=stopping, ours=False)
        return
    command = fill(server.command, model=model, name=name, port=str(port))
    say(f"serving {name}: {shlex.join(command)}")
    async with crew.serve(f"serve {name}", command, log=logs / f"serve-{name.replace('/', '-')}.log") as child:
        yield await _wait(server, url, name, child=child, stopping=stopping, ours=True)


def fill(command: str, **values: str) -> list[str]:
    """The words of a command, as a shell would split them, each filled in as a whole; VARIABLE=value may lead."""
    words = [word.format(**values) for word in shlex.split(command)]
    return ["env", *words] if "=" in words[0] else words


def find_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def _wait(
    server: Server, url: str, name: str, *, child: Child | None, stopping: asyncio.Event, ours: bool
) -> Served:
    """Until it lists its models. A server that we did not start must list `name`: else it may still be the last one."""
    until = time.monotonic() + server.ready
    async with open_client(seconds=LOOK_SECONDS) as client:
        while time.monotonic() < until and not stopping.is_set():
            listed = await _list_models(client, url)
            if name in listed or (ours and listed):
                return Served(url, name if name in listed else listed[0], child)
            if child is not None and child.process.returncode is not None:
                raise EndpointStop(
                    f"{child.name}: ended with exit status {child.process.returncode} before it was ready; its last "
                    f"words ({child.log}):{last_lines(child.log)}"
                )
            await asyncio.sleep(PAUSE)
    log = child.log if child else None
    what = "was told to stop" if stopping.is_set() else f"is not ready after {server.ready:g} s"
    raise EndpointStop(f"{url}: {what}; expected it to list {name}{last_lines(log)}")


async def _list_models(client: httpx.AsyncClient, url: str) -> list[str]:
    """Empty until it answers."""
    try:
        answer = await client.get(f"{url}/models")
        return [each.id for each in msgspec.json.decode(answer.content, type=_Models).data]
    except (httpx.HTTPError, msgspec.MsgspecError):
        return []
