"""Geometry3K and TabMWP through vLLM: protocol, pictures and accounting; the tiny model's words are no matter here."""

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from vllm_look_alikes import write_geometry3k, write_tabmwp
from vllm_runs import count_ended, read_outcome, read_run_table, run_ovlt, write_recipe
from vllm_server import VllmServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]

ENDED = (0, 1)
"""1: the tiny model may be right nowhere in what it has never seen, so that nothing is left to build."""
NEVER_STOP = {"max_failed": 1.0, "first_alike": 1000}
SAMPLES = os.environ.get("OVLT_SAMPLES", "")


def run_twice(recipe: Path, server: VllmServer) -> dict[str, Any]:
    """Each problem ended in one place, and the second run sent nothing, by the server's own count."""
    ran = run_ovlt(recipe)
    assert ran.status in ENDED, ran.said
    first, sent = read_outcome(recipe), server.count_requests()
    assert count_ended(first) == first["problems"] > 0
    ended = read_run_table(recipe, "samples")["problem_id"].unique().to_list()
    ended += read_run_table(recipe, "failures").filter(pl.col("problem_id") != "")["problem_id"].to_list()
    assert sorted(ended) == sorted(set(ended))

    assert run_ovlt(recipe).status == ran.status
    second = read_outcome(recipe)
    assert server.count_requests() == sent
    assert second["requests"] == 0
    told_by_rows = ("state", "version", "problems", "kept", "rejected", "failures", "samples", "rows")
    assert {key: second[key] for key in told_by_rows} == {key: first[key] for key in told_by_rows}
    return first


def test_look_alike_rows_each_end_once(vllm: VllmServer, tmp_path: Path) -> None:
    sources = [write_geometry3k(tmp_path / "geometry3k"), write_tabmwp(tmp_path / "tabmwp")]
    outcome = run_twice(write_recipe(tmp_path, vllm, *sources, stop=NEVER_STOP), vllm)
    assert outcome["problems"] == 12
    assert outcome["rejected"]["no_answer"] == 1
    assert outcome["failures"]["bad_image"] == 2


@pytest.mark.skipif(not SAMPLES, reason="OVLT_SAMPLES names no folder of real samples")
def test_real_rows_each_end_once(vllm: VllmServer, tmp_path: Path) -> None:
    outcome = run_twice(write_recipe(tmp_path, vllm, *real_sources(Path(SAMPLES)), stop=NEVER_STOP), vllm)
    assert outcome["samples"] > 0


def real_sources(folder: Path) -> list[dict[str, Any]]:
    tabmwp = str(folder / "tabmwp" / "tabmwp")
    return [
        {"source": "geometry3k", "path": str(folder / "geometry3k" / "geometry3k")},
        {"source": "tabmwp", "path": tabmwp, "split": "dev1k"},
        {"source": "tabmwp", "path": tabmwp, "split": "test1k"},
    ]
