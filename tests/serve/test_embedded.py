"""The embedded server's life: it comes up or says why not, and never outlives its parent."""

import json
import shutil
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.errors import EnvironmentStop, UsageError
from ovlt_data.serve import embedded
from ovlt_data.serve.embedded import TINY_MODEL, start_embedded

PARENT = f"""
import asyncio, contextlib, pathlib, sys
from ovlt_data.serve.embedded import start_embedded

async def main():
    server = await start_embedded(pathlib.Path({str(TINY_MODEL)!r}), stack=contextlib.AsyncExitStack())
    print(server.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_it_ends_with_its_stack() -> None:
    async with AsyncExitStack() as stack:
        server = await start_embedded(TINY_MODEL, stack=stack)
        assert psutil.pid_exists(server.pid)
    assert not psutil.pid_exists(server.pid)


def test_it_dies_with_a_parent_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        psutil.wait_procs([child], timeout=30)
    assert not child.is_running()


async def test_a_server_that_ends_says_its_last_words(tmp_path: Path) -> None:
    for file in TINY_MODEL.glob("*.json"):
        shutil.copy(file, tmp_path)
    async with AsyncExitStack() as stack:
        with pytest.raises(EnvironmentStop, match=r"did not start:\n(.|\n)*safetensors"):
            await start_embedded(tmp_path, stack=stack)


async def test_a_folder_without_model_says_so(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(UsageError, match=r"no config\.json"):
            await start_embedded(tmp_path, stack=stack)


async def test_another_architecture_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    async with AsyncExitStack() as stack:
        with pytest.raises(UsageError, match="model_type is llama"):
            await start_embedded(tmp_path, stack=stack)


async def test_waiting_has_an_end() -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(EnvironmentStop, match=r"not ready after 0\.01 s"):
            await start_embedded(TINY_MODEL, stack=stack, wait=0.01)


def test_missing_packages_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "NEEDED", ("no_such_package",))
    with pytest.raises(EnvironmentStop, match=r"needs no_such_package: pip install 'ovlt\[serve\]'"):
        embedded.check_packages()


def test_starting_code_imports_no_torch() -> None:
    code = "import sys, ovlt_data.serve.embedded; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_hash_knows_weights_by_name_and_bytes(tmp_path: Path) -> None:
    def hashed(**files: bytes) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, data in files.items():
            (folder / name.replace("_", ".")).write_bytes(data)
        return checkpoint_hash(folder)

    first = hashed(a_safetensors=b"1", b_safetensors=b"2")
    assert first == hashed(a_safetensors=b"1", b_safetensors=b"2", README_md=b"words")
    assert len({first, hashed(a_safetensors=b"2", b_safetensors=b"1"), hashed(a_safetensors=b"12")}) == 3


def test_folder_without_weights_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no weights"):
        checkpoint_hash(tmp_path)
