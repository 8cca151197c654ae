"""A server that is stopped in the middle of a run and comes back on its port: the run waits and ends whole."""

import time
from pathlib import Path

import pytest
from vllm_runs import GRPO, finish, ovlt_running, read_run_table, write_recipe
from vllm_server import VllmServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

PROBLEMS, SAMPLES = 40, 4
AWAY_SECONDS = 15


def test_a_run_waits_for_a_server_that_went_away_and_ends_whole(vllm: VllmServer, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, vllm, {"source": "shapes", "count": PROBLEMS}, **GRPO)
    before = vllm.count_requests()
    with ovlt_running(recipe, "--set", "models.reasoner.limits.concurrency=4") as run:
        while vllm.count_requests() < before + PROBLEMS * 2:
            assert run.poll() is None, finish(run).said
            time.sleep(0.1)
        vllm.stop()
        time.sleep(AWAY_SECONDS)
        assert run.poll() is None, finish(run).said
        vllm.start()
        vllm.wait_until_ready()
        ran = finish(run)
    assert (ran.status, ran.outcome["kept"], ran.outcome["failures"]) == (0, PROBLEMS, {}), ran.said
    samples = read_run_table(recipe, "samples")
    assert samples.height == PROBLEMS * SAMPLES
    assert set(samples["finish_reason"].unique()) <= {"stop", "length"}
    assert "answers again" in ran.said
