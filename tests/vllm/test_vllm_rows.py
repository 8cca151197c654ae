"""Geometry3K and TabMWP through vLLM: protocol, pictures and accounting; the tiny model's words are no matter here."""

import os
from pathlib import Path
from typing import Any

import pytest
from vllm_look_alikes import write_geometry3k, write_tabmwp
from vllm_runs import Ran, read_run_table, run_ovlt, write_recipe
from vllm_server import VllmServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]

SAMPLES = os.environ.get("OVLT_SAMPLES", "")


def assert_each_problem_ended_once(ran: Ran, recipe: Path) -> None:
    assert ran.status in (0, 1), ran.said  # 1: the tiny model may be right nowhere, so that nothing is left to build
    assert ran.accounted == ran.outcome["problems"] > 0
    ended = read_run_table(recipe, "samples")["problem_id"].unique().to_list()
    ended += read_run_table(recipe, "failures")["problem_id"].to_list()
    assert sorted(ended) == sorted(set(ended))


def assert_again_sends_nothing(recipe: Path, server: VllmServer, first: Ran) -> None:
    before = server.count_requests()
    again = run_ovlt(recipe)
    assert server.count_requests() == before
    assert again.outcome["requests"] == 0
    for key in ("state", "version", "problems", "kept", "rejected", "failures", "samples", "rows"):
        assert again.outcome[key] == first.outcome[key], key


def test_look_alike_rows_each_end_once(vllm: VllmServer, tmp_path: Path) -> None:
    sources = [write_geometry3k(tmp_path / "geometry3k"), write_tabmwp(tmp_path / "tabmwp")]
    recipe = write_recipe(tmp_path, vllm, *sources)
    ran = run_ovlt(recipe)
    assert_each_problem_ended_once(ran, recipe)
    assert ran.outcome["problems"] == 12
    assert ran.outcome["rejected"]["no_answer"] == 1
    assert ran.outcome["failures"] == {"bad_image": 2}
    assert_again_sends_nothing(recipe, vllm, ran)


@pytest.mark.skipif(not SAMPLES, reason="OVLT_SAMPLES names no folder of real samples")
def test_real_rows_each_end_once(vllm: VllmServer, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, vllm, *real_sources(Path(SAMPLES)))
    ran = run_ovlt(recipe)
    assert_each_problem_ended_once(ran, recipe)
    assert_again_sends_nothing(recipe, vllm, ran)


def real_sources(folder: Path) -> list[dict[str, Any]]:
    tabmwp = str(folder / "tabmwp" / "tabmwp")
    return [
        {"source": "geometry3k", "path": str(folder / "geometry3k" / "geometry3k")},
        {"source": "tabmwp", "path": tabmwp, "split": "dev1k"},
        {"source": "tabmwp", "path": tabmwp, "split": "test1k"},
    ]
