"""The tests in this folder ask a real vLLM; `make test-vllm` runs them, and no other run collects them.

One server lives through the whole session and is stopped at its end, whatever happens to the tests.
"""

import os
from collections.abc import Iterator

import pytest
from vllm_server import VllmServer

VLLM_PYTHON = os.environ.get("OVLT_VLLM_PYTHON", "")
"""Python of the environment that install.sh makes."""

collect_ignore_glob = [] if VLLM_PYTHON else ["test_*.py"]


@pytest.fixture(scope="session")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    server = VllmServer(VLLM_PYTHON, log=tmp_path_factory.mktemp("vllm") / "server.log")
    try:
        server.start()
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
