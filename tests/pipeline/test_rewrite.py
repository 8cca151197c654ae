"""Leaking traces that an editor writes anew: what is taken, what is refused and why, and what a row's lineage says."""

import asyncio
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data import housekeeping
from ovlt_data.engine.tally import Tally
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.publish.parent import open_parent
from ovlt_data.recipe import load_recipe

NO_MORE = "http://127.0.0.1:9/v1"
LEAK = "The description says there are three bars, then one more, and no others at all are in it {mood}"
MOODS = ("", "(stubborn)", "(careless)", "(tagless)", "(wrong)", "(wordy)", "(clean)")
"""Of the trace's editor (`fake_words`); the last one's trace doesn't leak."""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    rows = [{"question": f"How many bars {mood}?", "answer": "4", "id": f"r{n}"} for n, mood in enumerate(MOODS)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    thoughts = [LEAK.format(mood=mood) for mood in MOODS[:-1]] + ["Three bars and one."]
    samples = [
        {"id": f"r{n}", "reasoning": thought, "content": f"So: <answer>{answer}</answer>"}
        for n, thought in enumerate(thoughts)
        for answer in ("4", "5")
    ]
    (tmp_path / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in samples))
    value = {
        "name": "edited",
        "models": {"editor": {"endpoint": NO_MORE, "model": "fake", "revision": "e", "limits": {"attempts": 1}}},
        "problems": {"sources": [{"source": "bars", "format": "table", "path": "rows.jsonl", "columns": {"id": "id"}}]},
        "samples": {"from": "samples.jsonl"},
        "curate": [{"caption_leakage": {"rewrite": {"model": "editor"}}}],
        "build": {"kind": "sft"},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps(value))
    return path


async def run(recipe: Path, url: str, *overrides: str, retry: str = "") -> Outcome:
    options = Options(out=recipe.parent / "runs", name="edited", retry=frozenset(filter(None, [retry])))
    loaded = load_recipe(recipe, [f"models.editor.endpoint={url}", *overrides])
    return await run_recipe(loaded, options, tally=Tally(), say=lambda _: None, stopping=asyncio.Event())


def reasons(outcome: Outcome) -> dict[str, int]:
    return dict(outcome.funnel[1].reasons)


def thoughts_of(outcome: Outcome) -> list[str]:
    rows = pl.read_parquet(Path(outcome.dataset or "") / "data" / "*.parquet")
    return sorted(completion[0]["content"].partition("\n</think>")[0] for completion in rows["completion"])


REFUSED = {"rewrite_leaks": 1, "rewrite_format": 2, "rewrite_answer": 1, "rewrite_changed": 1}


async def test_sound_edits_are_taken_and_others_are_dropped_each_for_its_reason(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url)
    assert outcome.requests == len(MOODS) - 1, "wrong samples and those that don't leak are not edited"
    assert (reasons(outcome), outcome.funnel[1].touched, outcome.rows) == (REFUSED, 1, 2)
    edit = LEAK.format(mood="").replace("description says", "picture shows").strip()
    assert thoughts_of(outcome) == [f"<think>\n{edit}", "<think>\nThree bars and one."]


async def test_second_run_and_another_limit_send_nothing(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        first = await run(recipe, server.url)
    again = await run(recipe, NO_MORE)
    strict, loose = [
        await run(recipe, NO_MORE, f"curate.0.caption_leakage.rewrite.max_changed={limit}") for limit in (0.01, 1.0)
    ]
    assert again.version == first.version
    assert (reasons(strict)["rewrite_changed"], strict.rows) == (2, 1)
    assert ("rewrite_changed" in reasons(loose), loose.rows) == (False, 3)


async def test_what_an_editor_can_not_do_is_marked_where_the_recipe_marks(recipe: Path) -> None:
    mark = "curate=[{mark: {caption_leakage: {rewrite: {model: editor}}}}]"
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, mark)
    rows = pl.read_parquet(Path(outcome.dataset or "") / "data" / "*.parquet")
    assert (outcome.rows, rows["mark_caption_leakage"].sum()) == (len(MOODS), 5)


async def test_lineage_tells_editor_prompt_and_what_was_written_before(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url)
    lineage = pl.read_parquet(Path(outcome.dataset or "") / "lineage.parquet")
    manifest = open_parent(Path(outcome.dataset or "")).manifest
    taken: dict[str, Any] = lineage.filter("edited").row(0, named=True)
    assert (taken["kept"], taken["reasoning"]) == (True, LEAK.format(mood="").strip())
    assert (taken["edit_model"], taken["edit_prompt_sha256"]) == ("fake@e", manifest.prompts["edit"].sha256)
    assert (manifest.models["edit"], round(taken["edit"]["changed"] * 20)) == ("fake@e", 2)
    assert lineage.filter(pl.col("edit").is_null())["edit_model"].is_null().all()


async def test_editor_that_refuses_is_not_asked_twice(recipe: Path) -> None:
    async with FakeEndpoint(tied={"<reasoning>": "status_400"}) as server:
        outcome = await run(recipe, server.url)
    again = await run(recipe, NO_MORE)
    assert (reasons(outcome), outcome.rows) == ({"rewrite_failed": len(MOODS) - 1}, 1)
    assert (again.requests, again.version) == (0, outcome.version)
    async with FakeEndpoint() as server:
        assert reasons(await run(recipe, server.url, retry="bad_request")) == REFUSED


async def test_garbage_collection_keeps_edits(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(recipe.parent)
    async with FakeEndpoint() as server:
        await run(recipe, server.url)
    housekeeping.collect_garbage(None, runs=Path("runs"), really=True)
    assert capsys.readouterr().out == "dropped 0 replies to 0 requests\n"
