"""What vLLM refuses, and what becomes of it: a row's failure, a stop, or another way to ask."""

from pathlib import Path

import pytest
from vllm_runs import GRPO, draw, read_run_table, run_ovlt, write_recipe, write_rows
from vllm_server import MAX_N, VllmServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]

SEEN = {"caption": None, **GRPO}
"""The reasoner sees the picture itself."""


def test_four_samples_of_a_picture_are_one_request(vllm: VllmServer, tmp_path: Path) -> None:
    reason = {"model": "reasoner", "prompt": "student", "samples": MAX_N}
    recipe = write_recipe(tmp_path, vllm, {"source": "shapes", "count": 6}, reason=reason, **SEEN)
    before = vllm.count_requests()
    ran = run_ovlt(recipe)
    assert (ran.status, ran.outcome["samples"]) == (0, 6 * MAX_N), ran.said
    assert vllm.count_requests() - before == ran.outcome["requests"] == 6


def test_a_refused_n_is_asked_for_one_by_one(vllm: VllmServer, tmp_path: Path) -> None:
    reason = {"model": "reasoner", "prompt": "student", "samples": MAX_N + 1}
    recipe = write_recipe(tmp_path, vllm, {"source": "shapes", "count": 3}, reason=reason, **SEEN)
    refused = vllm.count_requests(status="4xx")
    ran = run_ovlt(recipe)
    assert (ran.status, ran.outcome["samples"]) == (0, 3 * (MAX_N + 1)), ran.said
    assert vllm.count_requests(status="4xx") > refused


def test_a_prompt_over_the_context_fails_its_row_for_good(vllm: VllmServer, tmp_path: Path) -> None:
    rows = [{"id": "long", "question": "How many? " * 2000, "answer": "2"}]
    rows += [{"id": str(n), "question": f"What is {n} plus 1?", "answer": str(n + 1)} for n in range(3)]
    reason = {"model": "reasoner", "prompt": "student", "samples": 1}
    recipe = write_recipe(tmp_path, vllm, write_rows(tmp_path, rows), reason=reason, **SEEN)
    ran = run_ovlt(recipe)
    assert (ran.status, ran.outcome["failures"], ran.outcome["kept"]) == (0, {"context_too_long": 1}, 3), ran.said
    (failure,) = read_run_table(recipe, "failures").to_dicts()
    assert (failure["origin"], failure["lasting"]) == ("long", True)
    before = vllm.count_requests()
    assert run_ovlt(recipe).outcome["failures"] == {"context_too_long": 1}
    assert vllm.count_requests() == before


def test_a_bad_picture_fails_its_row_whether_we_or_the_server_refuse_it(vllm: VllmServer, tmp_path: Path) -> None:
    for name, size in (("good.png", (112, 84)), ("sliver.png", (2, 800)), ("torn.png", (112, 84))):
        draw(tmp_path / name, size=size)
    torn = tmp_path / "torn.png"
    torn.write_bytes(torn.read_bytes()[:40])
    rows = [
        {"id": name, "question": "Which colour is it?", "answer": "red", "images": [f"{name}.png"]}
        for name in ("good", "sliver", "torn")
    ]
    reason = {"model": "reasoner", "prompt": "student", "samples": 2}
    recipe = write_recipe(tmp_path, vllm, write_rows(tmp_path, rows), reason=reason, **SEEN)
    ran = run_ovlt(recipe)
    assert (ran.status, ran.outcome["kept"]) == (0, 1), ran.said
    assert ran.outcome["failures"] == {"bad_image": 1, "bad_request": 1}
    assert read_run_table(recipe, "failures")["lasting"].all()


def test_an_unknown_model_stops_the_run_and_is_named(vllm: VllmServer, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, vllm, {"source": "shapes", "count": 4})
    ran = run_ovlt(recipe, "--set", "models.reasoner.model=some-other")
    assert ran.status == 3
    assert "models.reasoner" in ran.said
    assert "`some-other` does not exist" in ran.said
