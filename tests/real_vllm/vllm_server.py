"""A real vLLM in a process group of its own, which is killed as a whole: its engine is a child that outlives it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

MODEL = Path(__file__).parents[2] / "ovlt_data" / "serve" / "tiny_model"
NAME = "ovlt-tiny"
PARSER = ("--reasoning-parser", "deepseek_r1")
MAX_N = 4
"""Choices of one request: few, so that asking for more is refused."""
MAX_MODEL_LEN = 1024
STARTUP_SECONDS = 300
SHUTDOWN_SECONDS = 10
NEVER_SPLIT_A_PROMPT = ("--no-enable-chunked-prefill", "--max-num-batched-tokens", "8192", "--max-num-seqs", "32")
"""On the CPU, vLLM's engine dies of a seeded request whose prompt it computes in two steps."""
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_MAX_N_SEQUENCES": str(MAX_N),
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}


class VllmServer:
    """One server that can be stopped, and started again on its port."""

    def __init__(self, python: str, *, log: Path, model: Path = MODEL, parser: Sequence[str] = PARSER) -> None:
        self.root = f"http://127.0.0.1:{find_free_port()}"
        self.url = f"{self.root}/v1"
        self.python = python
        self._log = log
        self._model = model
        self._parser = parser
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                env={**os.environ, **ENVIRONMENT},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"vLLM did not come up; the end of {self._log}:\n{self._last_words()}")
            time.sleep(0.5)

    def stop(self) -> None:
        """As a service manager does: SIGTERM, which aborts what is in flight, and some seconds later SIGKILL."""
        if self._process is None:
            return
        self._process.terminate()
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        while signal_group(self._process.pid, 0) and time.monotonic() < deadline:
            self._process.poll()
            time.sleep(0.1)
        signal_group(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def count_requests(self, *, status: str = "") -> int:
        """Chat requests that it has answered by its own count, all or those of a status such as `4xx`."""
        metrics = httpx.get(f"{self.root}/metrics", timeout=30).text
        wanted = ('http_requests_total{handler="/v1/chat/completions"', f'status="{status}')
        lines = [line for line in metrics.splitlines() if all(part in line for part in wanted)]
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)

    def chat(self, **body: Any) -> httpx.Response:
        """One request without ovlt between."""
        return httpx.post(f"{self.url}/chat/completions", json={"model": NAME, **body}, timeout=120)

    def _command(self) -> list[str]:
        # Not `vllm serve`: that command looks up a distribution named vllm, and this one is named vllm-cpu.
        return [
            *(self.python, "-m", "vllm.entrypoints.openai.api_server"),
            *("--model", str(self._model), "--served-model-name", NAME),
            *("--host", "127.0.0.1", "--port", self.root.rsplit(":", 1)[1]),
            *("--dtype", "float32", "--max-model-len", str(MAX_MODEL_LEN), "--enforce-eager"),
            *("--limit-mm-per-prompt", '{"image":1,"video":0}'),
            *self._parser,
            *NEVER_SPLIT_A_PROMPT,
        ]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.root}/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-30:])


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def signal_group(leader: int, number: int) -> bool:
    """Whether anybody was left in the group; signal 0 only asks."""
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return False
    return True
