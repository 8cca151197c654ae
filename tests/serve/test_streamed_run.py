"""A run whose models stream says what the same run says at once."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import polars as pl

from ovlt_data.engine.tally import Tally
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.recipe import load_recipe
from ovlt_data.serve.embedded import TINY_MODEL, start_embedded
from ovlt_data.tables import read_table

WORDS = ["problem_id", "slot", "reasoning", "content", "finish_reason", "completion_tokens", "response_key", "status"]


def write_recipe(folder: Path, url: str, *, stream: bool) -> Path:
    model: dict[str, Any] = {"endpoint": url, "model": TINY_MODEL.name, "checkpoint": "tests", "stream": stream}
    recipe = {
        "name": "shapes",
        "models": {
            "captioner": model | {"sampling": {"max_tokens": 96, "seed": 1}},
            "reasoner": model | {"sampling": {"max_tokens": 192, "seed": 1}},
        },
        "problems": {"sources": [{"source": "shapes", "count": 4, "seed": 20260}]},
        "caption": {"model": "captioner", "prompt": "quickstart/caption"},
        "reason": {"model": "reasoner", "prompt": "quickstart/reason", "samples": 3},
        "build": {"kind": "grpo"},
    }
    path = folder / "shapes.yaml"
    path.write_text(json.dumps(recipe))
    return path


async def run(folder: Path, url: str, *, stream: bool) -> Outcome:
    path = write_recipe(folder, url, stream=stream)
    options = Options(out=folder / "runs", name="shapes")
    return await run_recipe(load_recipe(path), options, tally=Tally(), say=lambda _: None, stopping=asyncio.Event())


def samples_of(outcome: Outcome) -> pl.DataFrame:
    return read_table(Path(outcome.run), "samples").sort("problem_id", "slot").select(WORDS)


async def test_streamed_run_has_the_samples_and_the_version_of_the_unstreamed(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "streamed").mkdir()
    async with AsyncExitStack() as stack:
        url = (await start_embedded(TINY_MODEL, stack=stack)).url
        whole = await run(tmp_path / "whole", url, stream=False)
        streamed = await run(tmp_path / "streamed", url, stream=True)
    assert samples_of(streamed).equals(samples_of(whole))
    assert streamed.version == whole.version
    assert (streamed.completion_tokens, streamed.prompt_tokens) == (whole.completion_tokens, whole.prompt_tokens)
