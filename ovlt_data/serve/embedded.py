"""The embedded server as a child process: started, waited for, and ended whatever happens.

The child holds a pipe from us and ends when it closes, so that it dies with a parent that was killed. Nothing here
imports torch.
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import sys
from collections import deque
from contextlib import AsyncExitStack
from pathlib import Path

from ovlt_data.errors import EnvironmentStop, UsageError

TINY_MODEL = Path(__file__).parent / "tiny_model"
WAIT = 120.0
GOODBYE = 5.0
NEEDED = ("torch", "transformers", "starlette", "uvicorn")
MODEL_TYPE = "qwen2_5_vl"
READY = "listening on "
LAST_LINES = 20
THREADS = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that spin while they wait would take the cores from us."""


class EmbeddedServer:
    """A server that is up."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url
        """Up to /v1."""

    @property
    def pid(self) -> int:
        return self._process.pid

    async def stop(self) -> None:
        await _end(self._process)


async def start_embedded(model: Path, *, stack: AsyncExitStack, wait: float = WAIT) -> EmbeddedServer:
    """Serve the model's folder at a free port of this machine until the stack closes."""
    check_packages()
    check_folder(model)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ovlt_data.serve", str(model), "--port", "0", "--parent"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C at the terminal is ours to handle: replies under way are still wanted
        env=THREADS | os.environ | {"HF_HUB_OFFLINE": "1"},
    )
    stack.push_async_callback(_end, process)
    said: deque[str] = deque(maxlen=LAST_LINES)
    listener = asyncio.create_task(_listen(process, said))
    stack.callback(listener.cancel)
    try:
        url = await asyncio.wait_for(_read_url(process), wait)
    except TimeoutError:
        raise EnvironmentStop(f"the embedded server was not ready after {wait:g} s:\n{''.join(said)}") from None
    if url is None:
        await listener
        raise EnvironmentStop(f"the embedded server did not start:\n{''.join(said)}")
    return EmbeddedServer(process, url)


def serve_here(model: Path, *, host: str, port: int) -> None:
    """Serve in this process, until interrupted."""
    check_packages()
    check_folder(model)
    from ovlt_data.serve.__main__ import serve

    serve(model, host=host, port=port)


def check_packages() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise EnvironmentStop(f"the embedded server needs {', '.join(missing)}: pip install 'ovlt[serve]'")


def check_folder(folder: Path) -> None:
    config = folder / "config.json"
    if not config.is_file():
        raise UsageError(f"{folder}: no config.json; expected the folder of a model")
    found = json.loads(config.read_text("utf-8")).get("model_type")
    if found != MODEL_TYPE:
        raise UsageError(
            f"{config}: model_type is {found}; the embedded server knows {MODEL_TYPE} alone. Serve others with vLLM"
        )


async def _read_url(process: asyncio.subprocess.Process) -> str | None:
    assert process.stdout is not None
    async for line in process.stdout:
        text = line.decode(errors="replace").strip()
        if text.startswith(READY):
            return text.removeprefix(READY)
    return None


async def _listen(process: asyncio.subprocess.Process, said: deque[str]) -> None:
    """Keep its last words; a full pipe would stop it."""
    assert process.stderr is not None
    async for line in process.stderr:
        said.append(line.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    assert process.stdin is not None
    process.stdin.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), GOODBYE)
        return
    process.kill()
    await process.wait()
