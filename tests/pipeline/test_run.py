"""Whole runs against an endpoint on a real socket: what adds up, what is sent again, and how a run ends."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import PIL.Image
import pytest
from fake_endpoint import FakeEndpoint

from ovlt_data.cli import exit_status
from ovlt_data.engine.tally import Tally
from ovlt_data.errors import EndpointStop, NothingBuilt, OvltError, TooManyFailures, UsageError
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.recipe import load_recipe

PROBLEMS = 12

RECIPE: dict[str, Any] = {
    "name": "sums",
    "models": {
        "captioner": {"model": "fake", "revision": "a", "sampling": {"seed": 1}},
        "reasoner": {"model": "fake", "revision": "b", "sampling": {"seed": 1000}},
    },
    "problems": {"sources": [{"source": "sums", "format": "table", "path": "problems.jsonl"}]},
    "caption": {"model": "captioner"},
    "reason": {"model": "reasoner", "samples": 4},
    "curate": [{"min_correct": 1}, {"select": "shortest"}],
    "build": {"kind": "sft"},
    "stop": {"first_alike": 5},
}


class Run:
    """A folder with problems, and runs of recipes in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.ended: list[Outcome] = []
        rows = [self._row(number) for number in range(PROBLEMS)]
        (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    async def __call__(
        self,
        url: str,
        *overrides: str,
        retry: Sequence[str] = (),
        name: str = "sums",
        attempts: int = 2,
        stopping: bool = False,
    ) -> Outcome:
        recipe = json.loads(json.dumps(RECIPE))
        for model in recipe["models"].values():
            model |= {"endpoint": url, "limits": {"attempts": attempts}}
        path = self.folder / "recipe.yaml"
        path.write_text(json.dumps(recipe))
        options = Options(out=self.folder / "runs", name=name, retry=frozenset(retry))
        loaded = load_recipe(path, overrides)
        told = asyncio.Event()
        if stopping:
            told.set()
        return await run_recipe(
            loaded,
            options,
            tally=Tally(),
            say=self.said.append,
            stopping=told,
            on_end=self.ended.append,
        )

    def _row(self, number: int) -> dict[str, Any]:
        picture = f"{number % 3}.png"
        PIL.Image.new("RGB", (24, 24), (number % 3, 90, 160)).save(self.folder / picture)
        return {"question": f"What is {number} + 30?", "answer": str(number + 30), "images": [picture]}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def adds_up(outcome: Outcome) -> bool:
    return outcome.problems == outcome.kept + sum(outcome.rejected.values()) + sum(outcome.failures.values())


async def test_problems_become_a_dataset_that_opens_and_adds_up(run: Run, tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(server.url)
    assert outcome.dataset is not None
    rows = datasets.load_dataset(outcome.dataset, split="train", cache_dir=str(tmp_path / "cache"))
    assert len(rows) == outcome.rows > 5
    assert (outcome.problems, adds_up(outcome)) == (PROBLEMS, True)
    assert server.requests == outcome.requests == 3 + PROBLEMS * 4, "one caption for each of three pictures"
    assert json.loads((tmp_path / "runs/sums/run.json").read_text())["version"] == outcome.version


async def test_loops_are_cut_wrong_and_counted(run: Run) -> None:
    streams = ("caption=null", "reason.prompt=student", "models.reasoner.stream=true")
    async with FakeEndpoint(first=["stream_loop"] * 3) as server:
        outcome = await run(server.url, *streams, "models.reasoner.sampling.max_tokens=50000")
    again = await run(server.url, *streams, "models.reasoner.sampling.max_tokens=60000")
    assert (outcome.verdicts["loop"], outcome.loops, outcome.samples) == (3, 3, PROBLEMS * 4)
    assert 3 * 45_000 < outcome.tokens_saved < 3 * 50_000
    assert (again.requests, again.version) == (0, outcome.version)


async def test_second_run_sends_nothing_and_needs_no_server(run: Run) -> None:
    async with FakeEndpoint() as server:
        first = await run(server.url)
    again = await run(server.url)
    assert (again.requests, again.version) == (0, first.version)


async def test_edited_curation_sends_nothing_and_makes_another_version(run: Run) -> None:
    async with FakeEndpoint() as server:
        first = await run(server.url)
        edited = await run(server.url, "curate.1.select=first")
    assert edited.requests == 0
    assert edited.version != first.version


async def test_two_more_samples_send_two_per_problem(run: Run) -> None:
    async with FakeEndpoint() as server:
        await run(server.url)
        more = await run(server.url, "reason.samples=6")
    assert (more.requests, more.samples) == (2 * PROBLEMS, 6 * PROBLEMS)


async def test_same_name_with_another_revision_sends_everything_again(run: Run) -> None:
    async with FakeEndpoint() as server:
        first = await run(server.url)
        other = await run(server.url, "models.reasoner.revision=c", "models.captioner.revision=d")
    assert other.requests == first.requests


async def test_text_problem_needs_no_caption_and_a_vision_model_none_either(run: Run, tmp_path: Path) -> None:
    text = {"question": "What is 2 + 30?", "answer": "32"}
    with (tmp_path / "problems.jsonl").open("a") as file:
        file.write(json.dumps(text) + "\n")
    async with FakeEndpoint() as server:
        outcome = await run(server.url, "caption=null", "reason.prompt=student")
    assert (outcome.problems, outcome.failures, outcome.requests) == (PROBLEMS + 1, {}, PROBLEMS + 4)
    assert sum(body.get("n", 1) == 4 for body in server.bodies) == PROBLEMS, "a picture travels once for its samples"


async def test_captions_from_a_table_spare_the_captioner(run: Run, tmp_path: Path) -> None:
    rows = [{"id": f"problems.jsonl:{number + 1}", "caption": "two numbers"} for number in range(PROBLEMS)]
    (tmp_path / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    async with FakeEndpoint() as server:
        outcome = await run(server.url, "caption={from: captions.jsonl}")
    assert (outcome.failures, outcome.requests) == ({}, PROBLEMS * 4)
    assert all("two numbers" in str(body["messages"]) for body in server.bodies)


async def test_traces_from_a_table_are_checked_and_curated_without_any_request(run: Run, tmp_path: Path) -> None:
    said = "<think> I add the two numbers one by one </think> So it is <answer>{}</answer>"
    rows = [
        {"id": f"problems.jsonl:{number + 1}", "content": said.format(number + 30 + wrong)}
        for number in range(PROBLEMS)
        for wrong in (0, 1)
    ]
    (tmp_path / "traces.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    outcome = await run(
        "http://127.0.0.1:9/v1", "caption=null", "reason=null", "samples={from: traces.jsonl}", "models={}"
    )
    assert (outcome.requests, outcome.samples, outcome.rows) == (0, 2 * PROBLEMS, PROBLEMS)


async def test_reasoner_without_reasoning_is_reported_loudly(run: Run) -> None:
    async with FakeEndpoint(rates={"no_reasoning": 1.0}) as server:
        outcome = await run(server.url)
    assert outcome.reasonless == outcome.samples > 0
    assert any("hold no reasoning" in line for line in run.said)


async def test_lasting_failures_are_kept_and_sent_again_only_when_told(run: Run) -> None:
    async with FakeEndpoint(first=["context"]) as server:
        first = await run(server.url)
        again = await run(server.url)
        told = await run(server.url, retry=["context_too_long"])
    assert first.failures == again.failures == {"context_too_long": PROBLEMS // 3}
    assert adds_up(first)
    assert (again.requests, told.requests, told.failures) == (0, 1 + PROBLEMS // 3 * 4, {})


async def test_empty_caption_is_asked_again_when_told_and_the_new_one_stays(run: Run) -> None:
    async with FakeEndpoint(first=["empty_content"]) as server:
        first = await run(server.url)
        again = await run(server.url)
        told = await run(server.url, retry=["empty_caption"])
        after = await run(server.url)
    assert first.failures == again.failures == {"empty_caption": PROBLEMS // 3}
    assert (again.requests, told.requests, told.failures) == (0, 1 + PROBLEMS // 3 * 4, {})
    assert (after.requests, after.version) == (0, told.version)


async def test_row_whose_request_was_given_up_rejoins_the_queue(run: Run) -> None:
    async with FakeEndpoint(first=["status_500"]) as server:
        outcome = await run(server.url, attempts=1)
    assert (outcome.failures, outcome.samples, adds_up(outcome)) == ({}, 4 * PROBLEMS, True)


async def test_passing_failures_are_tried_again_by_the_next_run(run: Run) -> None:
    async with FakeEndpoint(rates={"status_500": 0.6}) as server:
        first = await run(server.url, "stop={max_failed: 1.0, first_alike: 100, min_samples: 4}", attempts=1)
    async with FakeEndpoint() as server:
        again = await run(server.url)
    assert (set(first.failures), adds_up(first)) == ({"server_error"}, True)
    assert again.failures == {}


BAD_ENDPOINTS = {
    "status_401": (EndpointStop, "401"),
    "status_404": (EndpointStop, "does not exist"),
    "html": (EndpointStop, "check the URL, which usually ends in /v1"),
    "status_400": (TooManyFailures, "all failed alike: bad_request"),
}


@pytest.mark.parametrize("fault", BAD_ENDPOINTS)
async def test_bad_endpoint_stops_the_run_with_words_that_help(run: Run, fault: str) -> None:
    kind, words = BAD_ENDPOINTS[fault]
    async with FakeEndpoint(rates={fault: 1.0}) as server:
        with pytest.raises(kind, match=words) as stopped:
            await run(server.url)
    assert exit_status(stopped.value) == 3
    assert [outcome.state for outcome in run.ended] == ["stopped"]
    assert json.loads((run.folder / "runs/sums/run.json").read_text())["state"] == "stopped"
    assert "run, stopped" in (run.folder / "runs/sums/report.html").read_text()


async def test_nobody_listening_stops_at_once(run: Run) -> None:
    with pytest.raises(EndpointStop, match="nobody answers at http://127"):
        await run("http://127.0.0.1:9/v1")


async def test_nothing_left_to_build_names_the_step_and_is_no_success(run: Run) -> None:
    async with FakeEndpoint() as server:
        with pytest.raises(NothingBuilt, match="min_words") as built:
            await run(server.url, "curate=[{min_words: 100000}]")
    assert exit_status(built.value) == 1
    assert [outcome.state for outcome in run.ended] == ["empty"]
    assert (run.folder / "runs/sums/report.html").exists()


async def test_run_folder_of_another_recipe_is_refused_unless_named(run: Run, tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        await run(server.url)
        (tmp_path / "runs/sums/.lock").write_text("/elsewhere/recipe.yaml")
        with pytest.raises(UsageError, match=r"/elsewhere/recipe\.yaml"):
            await run(server.url)
        assert (await run(server.url, name="other")).requests == 0


async def test_interrupted_run_leaves_its_account_and_its_report(run: Run) -> None:
    outcome = await run("http://127.0.0.1:9/v1", stopping=True)
    assert (outcome.state, outcome.requests, run.ended) == ("interrupted", 0, [outcome])
    assert "run, interrupted" in (run.folder / "runs/sums/report.html").read_text()


async def test_run_that_can_not_begin_leaves_the_last_account(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    async with FakeEndpoint() as server:
        done = await run(server.url)
        with pytest.raises(UsageError, match=r"empty\.jsonl"):
            await run(server.url, "problems.sources.0.path=empty.jsonl")
    assert json.loads((tmp_path / "runs/sums/run.json").read_text())["version"] == done.version


async def test_kind_to_retry_that_no_failure_has_is_doubted(run: Run) -> None:
    async with FakeEndpoint(first=["context"]) as server:
        await run(server.url)
        await run(server.url, retry=["context_to_long"])
    assert any("no failure of this kind" in line and "there: context_too_long" in line for line in run.said)


async def test_key_reaches_the_server_and_no_file_or_word(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-ovlt-secret-123"
    monkeypatch.setenv("OVLT_TEST_KEY", key)
    named = [f"models.{name}.api_key_env=OVLT_TEST_KEY" for name in ("captioner", "reasoner")]
    async with FakeEndpoint(api_key=key) as server:
        await run(server.url, *named)
    refused = ""
    async with FakeEndpoint(api_key="another") as server:
        try:
            await run(server.url, *named, "models.reasoner.revision=z")
        except OvltError as error:
            refused = str(error)
    assert "[key]" in refused
    written = b"".join(path.read_bytes() for path in run.folder.rglob("*") if path.is_file())
    assert key.encode() not in written
    assert not any(key in line for line in [*run.said, refused])


async def test_key_of_another_name_is_asked_for_before_anything_is_sent(run: Run) -> None:
    async with FakeEndpoint() as server:
        with pytest.raises(UsageError, match="OVLT_NO_SUCH_KEY"):
            await run(server.url, "models.reasoner.api_key_env=OVLT_NO_SUCH_KEY")
    assert server.requests == 0


async def test_a_grpo_version_needs_no_samples(run: Run) -> None:
    """GRPO samples for itself: problems with their golds are all it needs."""
    alone = ["caption=null", "reason=null", "curate=[]", "build={kind: grpo}", "mix={total: 5}"]
    outcome = await run("http://127.0.0.1:9/v1", *alone)
    assert (outcome.requests, outcome.rows, outcome.samples) == (0, 5, 0)
