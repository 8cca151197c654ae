"""Slots under a seed: vLLM samples choice i of one request with seed + i, which the engine relies on."""

from pathlib import Path

import polars as pl
import pytest
from vllm_runs import GRPO, read_run_table, run_ovlt, write_recipe
from vllm_server import VllmServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]


def sample_six(folder: Path, server: VllmServer, *counts: int) -> pl.DataFrame:
    """The samples of six problems after one run for each count, all on one store."""
    folder.mkdir()
    reason = {"model": "reasoner", "prompt": "student"}
    recipe = write_recipe(folder, server, {"source": "shapes", "count": 6}, caption=None, reason=reason, **GRPO)
    for count in counts:
        ran = run_ovlt(recipe, "--set", f"reason.samples={count}", "--set", "models.reasoner.limits.concurrency=1")
        assert ran.status == 0, ran.said
    return read_run_table(recipe, "samples").sort("problem_id", "slot")


def test_samples_added_later_are_those_that_one_request_would_have_given(vllm: VllmServer, tmp_path: Path) -> None:
    at_once = sample_six(tmp_path / "at_once", vllm, 4)
    later = sample_six(tmp_path / "later", vllm, 2, 3, 4)
    words = ["problem_id", "slot", "reasoning", "content"]
    assert at_once.height == 6 * 4
    assert later.select(words).equals(at_once.select(words))
