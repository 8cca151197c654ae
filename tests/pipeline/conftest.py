"""Fixtures of whole runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from child_run import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "asked.jsonl")
    yield server
    server.close()
