"""What `ovlt check` finds at an endpoint, on a real socket."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data.check import Finding, check_online, read_first
from ovlt_data.errors import EndpointStop
from ovlt_data.recipe import load_recipe
from ovlt_data.types import Problem


async def check(folder: Path, server: FakeEndpoint, *overrides: str, asked: str = "") -> Sequence[Finding]:
    PIL.Image.new("RGB", (24, 24), "red").save(folder / "red.png")
    row = {"id": "one", "question": f"What is 1 + 30?{asked}", "answer": "31", "images": ["red.png"]}
    (folder / "problems.jsonl").write_text(json.dumps(row) + "\n")
    (folder / "captions.jsonl").write_text(json.dumps({"id": "one", "caption": "two numbers"}) + "\n")
    model: dict[str, Any] = {"endpoint": server.url, "model": "fake", "revision": "a", "limits": {"attempts": 1}}
    recipe = {
        "name": "checked",
        "models": {"captioner": model, "reasoner": model},
        "problems": {"sources": [{"source": "sums", "format": "table", "path": "problems.jsonl"}]},
        "caption": {"model": "captioner"},
        "reason": {"model": "reasoner"},
        "build": {"kind": "sft"},
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    loaded = load_recipe(folder / "recipe.yaml", overrides)
    problems = [row for row in read_first(loaded, images_folder=folder, limit=5) if isinstance(row, Problem)]
    return [finding async for finding in check_online(loaded, problems, beside=folder, say=lambda _: None)]


async def test_sound_endpoints_are_found_sound_and_one_row_is_shown(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        found = await check(tmp_path, server)
    assert {finding.level for finding in found} == {"ok"}
    assert "sees: a picture adds 64 prompt tokens" in found[0].says
    assert "--- user\n<image>What is 1 + 30?" in found[-1].says
    assert "<answer>31</answer>" in found[-1].says


@pytest.mark.parametrize(
    ("fault", "what", "words"),
    [
        ("blind", "models.captioner", "does not see"),
        ("no_reasoning", "models.reasoner", "gives no reasoning"),
        ("status_400", "models.captioner", "refuses a picture"),
        ("status_400", "models", "a first problem (sums one) failed"),
        ("empty_content", "models", "the captioner's reply is empty"),
    ],
)
async def test_endpoint_that_does_not_do_its_part_is_wrong(tmp_path: Path, fault: str, what: str, words: str) -> None:
    async with FakeEndpoint(rates={fault: 1.0}) as server:
        found = await check(tmp_path, server)
    assert any(f.level == "wrong" and f.what == what and words in f.says for f in found)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("html", "check the URL, which usually ends in /v1"), ("status_404", "does not exist"), ("status_401", "401")],
)
async def test_endpoint_that_refuses_everybody_stops_the_check(tmp_path: Path, fault: str, words: str) -> None:
    async with FakeEndpoint(rates={fault: 1.0}) as server:
        with pytest.raises(EndpointStop, match=words):
            await check(tmp_path, server)


async def test_reasoner_is_asked_with_a_given_caption_too(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        found = await check(tmp_path, server, "caption={from: captions.jsonl}")
    assert any(finding.what == "models.reasoner" and "reasons" in finding.says for finding in found)
    assert "two numbers" in str(server.bodies[0]["messages"])


@pytest.mark.parametrize(
    ("word", "level", "words"),
    [
        (
            "<verdict>correct</verdict>",
            "warning",
            "judges badly: takes the gold '31' for correct, \"I can't tell.\" for",
        ),
        ("Sure!", "wrong", "does not judge in the form that was asked for, and is not heard: Sure!"),
    ],
    ids=["says-yes-to-all", "other-form"],
)
async def test_judge_is_tried_on_the_gold_and_on_no_answer(tmp_path: Path, word: str, level: str, words: str) -> None:
    async with FakeEndpoint() as server:
        found = await check(tmp_path, server, "judge={model: reasoner}", asked=f" (judge: {word})")
    assert (found[-1].level, found[-1].what) == (level, "models.reasoner")
    assert words in found[-1].says
