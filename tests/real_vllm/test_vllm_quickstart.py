"""The quickstart's own recipe with another endpoint: the tiny model, served by vLLM, captions and reasons."""

import subprocess
import sys
from pathlib import Path

import pytest
from vllm_runs import count_ended, run_ovlt
from vllm_server import NAME, VllmServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]

QUICKSTART = Path(__file__).parents[2] / "recipes" / "quickstart.yaml"


def at(server: VllmServer) -> list[str]:
    """Options that move both models of the quickstart to a server."""
    moved = {f"models.{role}.{key}": value for role in ("captioner", "reasoner") for key, value in described(server)}
    return [part for key, value in moved.items() for part in ("--set", f"{key}={value}")]


def described(server: VllmServer) -> list[tuple[str, str]]:
    return [("endpoint", server.url), ("model", NAME), ("checkpoint", "tests")]


def test_the_quickstart_makes_rows_through_vllm_and_a_second_run_sends_nothing(
    vllm: VllmServer, tmp_path: Path
) -> None:
    before = vllm.count_requests()
    first = run_ovlt(QUICKSTART, *at(vllm), cwd=tmp_path)
    sent = vllm.count_requests() - before
    assert first.status == 0, first.said
    assert first.outcome["rows"] >= 20
    assert first.outcome["requests"] == sent > 0
    assert count_ended(first.outcome) == first.outcome["problems"] >= 48

    second = run_ovlt(QUICKSTART, *at(vllm), cwd=tmp_path)
    assert vllm.count_requests() - before == sent
    assert (second.outcome["requests"], second.outcome["version"]) == (0, first.outcome["version"])


def test_check_sees_the_model_look_and_reason(vllm: VllmServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ovlt_data.cli", "check", str(QUICKSTART), *at(vllm)]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "sees: a picture adds" in checked.stdout
    assert "reasons (field," in checked.stdout
