"""Captions that a reader asks for again: who is asked what, what is kept of it, and what becomes of failures."""

import asyncio
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fake_endpoint import FakeEndpoint
from fake_words import pictures_of, text_of
from test_run import PROBLEMS, Run, run

from ovlt_data import housekeeping
from ovlt_data.outcome import Outcome
from ovlt_data.plan import forecast
from ovlt_data.publish.parent import open_parent
from ovlt_data.recipe import load_recipe

__all__ = ["run"]

REFINE = "caption.refine={model: reasoner}"
NO_MORE = "http://127.0.0.1:9/v1"
READER, AGAIN = "Someone described a picture", "You described this picture"
"""How the prompts to the reader and, after it, to the captioner begin."""


def lineage_of(outcome: Outcome) -> pl.DataFrame:
    return pl.read_parquet(Path(outcome.dataset or "") / "lineage.parquet")


def bodies_of(server: FakeEndpoint, beginning: str) -> list[dict[str, Any]]:
    return [body for body in server.bodies if text_of(body["messages"]).startswith(beginning)]


async def test_reader_without_picture_speaks_and_captioner_looks_again(run: Run) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(server.url, REFINE)
    asked, again = bodies_of(server, READER), bodies_of(server, AGAIN)
    assert (len(asked), len(again)) == (PROBLEMS, PROBLEMS)
    assert not any(pictures_of(body["messages"]) for body in asked)
    assert all(pictures_of(body["messages"]) for body in again)
    assert (outcome.refined, outcome.unrefined) == (PROBLEMS, {})
    assert (await run(NO_MORE, REFINE)).version == outcome.version


async def test_lineage_holds_both_captions_and_all_that_was_sent(run: Run) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(server.url, REFINE)
    turns = lineage_of(outcome).select("caption", "caption_prompt", "caption_turns").unique().rows()
    for caption, prompt, told in turns:
        assert [turn["role"] for turn in told] == ["caption", "feedback", "caption"]
        assert (told[-1]["text"], told[-1]["prompt"]) == (caption, prompt)
        assert told[0]["text"] in told[1]["prompt"]
        assert told[1]["text"] in prompt
    sent = {text_of(body["messages"]) for body in server.bodies}
    shown = lineage_of(outcome).explode("caption_turns").unnest("caption_turns", separator=".")
    assert {*shown["caption_turns.prompt"], *lineage_of(outcome)["prompt"]} == sent


async def test_two_rounds_go_on_from_each_other(run: Run) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(server.url, "caption.refine={model: reasoner, rounds: 2}")
    first = lineage_of(outcome)["caption_turns"][0].to_list()
    assert [turn["role"] for turn in first] == ["caption", "feedback", "caption", "feedback", "caption"]
    assert first[2]["text"] in first[3]["prompt"]


@pytest.mark.parametrize("mark", [READER, AGAIN], ids=["reader-refuses", "captioner-refuses"])
async def test_refused_round_keeps_the_first_caption_and_is_not_asked_twice(run: Run, mark: str) -> None:
    async with FakeEndpoint(tied={mark: "status_400"}) as server:
        outcome = await run(server.url, REFINE)
    async with FakeEndpoint() as server:
        plain = await run(server.url, name="plain")
    again = await run(NO_MORE, REFINE)
    assert (outcome.refined, outcome.unrefined) == (0, {"bad_request": PROBLEMS})
    assert outcome.version == plain.version == again.version
    async with FakeEndpoint() as server:
        assert (await run(server.url, REFINE, retry=["bad_request"])).refined == PROBLEMS


async def test_round_that_fails_in_passing_is_tried_by_the_next_run(run: Run) -> None:
    async with FakeEndpoint(tied={AGAIN: "status_500"}) as server:
        outcome = await run(server.url, REFINE, "stop={first_alike: 99}", attempts=1)
        assert len(bodies_of(server, AGAIN)) == 3 * PROBLEMS, "once, and twice more at the end of the queue"
    async with FakeEndpoint() as server:
        again = await run(server.url, REFINE)
        assert (outcome.unrefined, again.refined) == ({"server_error": PROBLEMS}, PROBLEMS)
        assert not bodies_of(server, READER), "what was said before is there"


async def test_useless_feedback_is_kept_and_leaves_the_caption(run: Run) -> None:
    reader = "models.reader={{endpoint: {url}, model: fake, sampling: {{max_tokens: 20}}}}"
    async with FakeEndpoint() as server:
        outcome = await run(server.url, reader.format(url=server.url), "caption.refine={model: reader}")
    again = await run(NO_MORE, reader.format(url=NO_MORE), "caption.refine={model: reader}")
    told = lineage_of(outcome).select("caption", "caption_turns").row(0)
    assert (outcome.unrefined, again.version) == ({"length": PROBLEMS}, outcome.version)
    assert [turn["text"] for turn in told[1]] == [told[0], ""]


async def test_garbage_collection_keeps_what_was_said_on_the_way(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(run.folder)
    async with FakeEndpoint() as server:
        await run(server.url, REFINE)
    housekeeping.collect_garbage(None, runs=Path("runs"), really=True)
    assert capsys.readouterr().out == "dropped 0 replies to 0 requests\n"


async def test_provenance_names_the_reader_and_both_prompts(run: Run) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(server.url, REFINE)
    manifest = open_parent(Path(outcome.dataset or "")).manifest
    assert (manifest.models["feedback"], manifest.models["refine"]) == ("fake@b", "fake@a")
    assert {"caption", "feedback", "refine", "reason", "train"} == set(manifest.prompts)


async def test_plan_counts_what_is_said_on_the_way(run: Run) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(server.url, REFINE)
        recipe = load_recipe(Path(outcome.run) / "recipe.yaml")
        predicted = await forecast(recipe, limit=None, beside=run.folder, say=print, stopping=asyncio.Event())
    assert predicted is not None
    assert (predicted.paid.requests, predicted.requests.value) == (0, outcome.requests)
