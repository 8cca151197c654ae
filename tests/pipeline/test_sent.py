"""The lineage's prompts are those that were sent, letter for letter."""

import polars as pl
from fake_endpoint import FakeEndpoint
from fake_words import text_of
from test_run import Run, run

__all__ = ["run"]


async def test_prompts_in_the_lineage_are_what_the_server_got(run: Run) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(server.url)
    assert outcome.dataset is not None
    lineage = pl.read_parquet(f"{outcome.dataset}/lineage.parquet")
    sent = {text_of(body["messages"]) for body in server.bodies}
    assert {*lineage["prompt"], *lineage["caption_prompt"]} == sent
