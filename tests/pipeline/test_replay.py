"""`ovlt trace --curl`: a request exactly as it was sent."""

import asyncio
import json
from pathlib import Path
from typing import Any

import a_run
import polars as pl
import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data.engine.tally import Tally
from ovlt_data.errors import UsageError
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.publish.parent import Parent, open_parent, read_split
from ovlt_data.publish.trace import trace_row
from ovlt_data.recipe import load_recipe
from ovlt_data.replay import END, write_curl


async def run(folder: Path, server: FakeEndpoint, *, captioned: bool) -> Parent:
    (folder / "red.png").write_bytes(a_run.draw("red"))
    (folder / "rows.jsonl").write_text(
        json.dumps({"question": "What is 2 + 30?", "answer": "32", "images": ["red.png"]})
    )
    models = {
        name: {"endpoint": server.url, "model": "fake", "revision": name, "sampling": {"seed": 1000, "max_tokens": 99}}
        for name in ("captioner", "reasoner")
    }
    recipe: dict[str, Any] = {
        "name": "one",
        "models": models,
        "problems": {"sources": [{"source": "sums", "format": "table", "path": "rows.jsonl"}]},
        "reason": {"model": "reasoner", "prompt": "reason_from_caption" if captioned else "student", "samples": 1},
        "build": {"kind": "grpo"},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe | ({"caption": {"model": "captioner"}} if captioned else {})))
    options = Options(out=folder / "runs", name="one")
    await run_recipe(load_recipe(path), options, tally=Tally(), say=print, stopping=asyncio.Event())
    return open_parent(folder / "runs/one")


@pytest.mark.parametrize("captioned", [True, False], ids=["from-the-caption", "with-the-picture"])
async def test_the_command_holds_the_request_as_it_was_sent(tmp_path: Path, captioned: bool) -> None:
    async with FakeEndpoint() as server:
        version = await run(tmp_path, server, captioned=captioned)
    problem = next(read_split(version, "train")).values["problem_id"]
    command = write_curl(version, trace_row(version, problem, among=tmp_path))
    assert command.splitlines()[1].startswith(f"curl -s {server.url}/chat/completions")
    body = json.loads(command.split(f"<<'{END}'\n")[1].removesuffix(END))
    assert body in server.bodies
    assert ("data:image/png" in command) is not captioned


def test_samples_that_came_from_a_table_have_no_request(tmp_path: Path) -> None:
    made = a_run.make_run(tmp_path)
    made.samples = made.samples.with_columns(prompt=pl.lit(None, pl.String), model=pl.lit("r@1"))
    version = open_parent(made.build().path)
    with pytest.raises(UsageError, match="came from a table"):
        write_curl(version, trace_row(version, "p1", among=tmp_path))
