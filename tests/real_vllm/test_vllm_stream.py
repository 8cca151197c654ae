"""Streaming from a real vLLM: the same words under a seed, tokens counted as they come, a loop cut on its side too."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from vllm_runs import GRPO, describe_model, read_outcome, read_run_table, run_ovlt, write_recipe
from vllm_server import VllmServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]

STREAM = ("--set", "models.reasoner.stream=true", "--set", "models.reasoner.limits.concurrency=1")


def write_reasoner(folder: Path, server: VllmServer, *, extra: dict[str, Any], **sampling: Any) -> Path:
    folder.mkdir()
    source = {"source": "shapes", "count": 3}
    reason = {"model": "reasoner", "prompt": "student", "samples": 2}
    models = {"reasoner": describe_model(server, **sampling) | {"extra_body": extra}}
    return write_recipe(folder, server, source, models=models, caption=None, reason=reason, **GRPO)


def test_streamed_samples_are_the_unstreamed_ones(vllm: VllmServer, tmp_path: Path) -> None:
    """Word for word; streaming, vLLM calls all of it content, since the prompt mentions </think>."""
    tables = []
    for name, options in (("whole", STREAM[2:]), ("streamed", STREAM)):
        recipe = write_reasoner(tmp_path / name, vllm, extra={}, max_tokens=64)
        ran = run_ovlt(recipe, *options)
        assert ran.status == 0, ran.said
        tables.append(read_run_table(recipe, "samples").sort("problem_id", "slot"))
    assert tables[0].height == 6
    assert said_in(tables[1]) == said_in(tables[0])


def said_in(samples: pl.DataFrame) -> list[tuple[str, int, str, list[str]]]:
    rows = samples.select("problem_id", "slot", "finish_reason", text=pl.col("reasoning") + " " + pl.col("content"))
    return [(problem, slot, finish, text.split()) for problem, slot, finish, text in rows.iter_rows()]


def test_a_loop_is_cut_and_vllm_stops_generating(vllm: VllmServer, tmp_path: Path) -> None:
    """A model that may say one token only, and never ends."""
    one_word = {"ignore_eos": True, "allowed_token_ids": [387]}  # " description": its longest
    recipe = write_reasoner(tmp_path / "loop", vllm, extra=one_word, max_tokens=900)
    ran = run_ovlt(recipe, *STREAM, "--set", "problems.sources.0.count=1", "--set", "reason.samples=1")
    outcome = read_outcome(recipe)
    assert outcome["verdicts"] == {"loop": 1}, ran.said
    assert outcome["tokens_saved"] == 900 - outcome["completion_tokens"] > 0
