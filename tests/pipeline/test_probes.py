"""Probes of a whole run: what they ask, what they cost, what becomes of it in rows, selection, mixtures and report."""

import asyncio
import json
from pathlib import Path
from typing import Any

import PIL.Image
import polars as pl
import pytest
from datasets import load_dataset
from fake_endpoint import FakeEndpoint
from fake_words import pictures_of, text_of

from ovlt_data.engine.tally import Tally
from ovlt_data.errors import UsageError
from ovlt_data.mixing import mix_versions
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.recipe import load_recipe
from ovlt_data.recipe.mix import MixRecipe
from ovlt_data.report import write_report
from ovlt_data.tables import read_table

CHOICES, OPEN, WORDS = 4, 4, 2
"""Problems with a picture and three choices; with a picture alone; without one."""
BLIND = "probes.blind={model: student, samples: 4}"
ROTATED = "probes.rotated={model: student}"
ALL = (BLIND, ROTATED, "probes.image={model: student, samples: 2}", "probes.caption={}")
GRPO = ("caption=null", "reason=null", "build.kind=grpo")
NO_MORE = "http://127.0.0.1:9/v1"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    rows: list[dict[str, Any]] = []
    for number in range(CHOICES + OPEN + WORDS):
        row: dict[str, Any] = {"question": f"What is {number} + 30?", "answer": str(number + 30)}
        if number < CHOICES + OPEN:
            PIL.Image.new("RGB", (56, 56), (number, 0, 0)).save(tmp_path / f"{number}.png")
            row["images"] = [f"{number}.png"]
        if number < CHOICES:
            row |= {"choices": [str(number + 30 + more) for more in (7, 0, 1)], "answer_type": "choice", "answer": "B"}
        rows.append(row)
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    value: dict[str, Any] = {
        "name": "sums",
        "models": {
            name: {"endpoint": NO_MORE, "model": "fake", "revision": name, "sampling": {"seed": seed}}
            for name, seed in {"captioner": 1, "teacher": 1000, "student": 9000}.items()
        },
        "problems": {"sources": [{"source": "sums", "format": "table", "path": "sums.jsonl"}]},
        "caption": {"model": "captioner"},
        "reason": {"model": "teacher", "samples": 4},
        "build": {"kind": "sft"},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps(value))
    return path


async def run(recipe: Path, url: str, *overrides: str, out: str = "runs", **options: Any) -> Outcome:
    names = ("captioner", "teacher", "student")
    loaded = load_recipe(recipe, [*overrides, *(f"models.{name}.endpoint={url}" for name in names)])
    made = Options(out=recipe.parent / out, name="sums", **options)
    return await run_recipe(loaded, made, tally=Tally(), say=lambda _: None, stopping=asyncio.Event())


def rows_of(outcome: Outcome) -> pl.DataFrame:
    return pl.read_parquet(Path(outcome.dataset or "") / "data" / "*.parquet")


def probes_of(outcome: Outcome) -> pl.DataFrame:
    return read_table(Path(outcome.run), "probes")


async def test_blind_carries_no_picture_and_no_caption(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        await run(recipe, server.url)
        asked = len(server.bodies)
        await run(recipe, server.url, BLIND)
    said = [body["messages"] for body in server.bodies[asked:]]
    assert len(said) == 4 * (CHOICES + OPEN)  # a text prompt goes once for each sample
    assert not any(pictures_of(messages) or "a picture of" in text_of(messages) for messages in said)


async def test_caption_probe_is_free_and_is_the_pass_rate(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        await run(recipe, server.url)
    outcome = await run(recipe, NO_MORE, "probes.caption={}")
    rows = rows_of(outcome)
    with_picture = pl.col("images").list.len() > 0
    assert outcome.requests == 0
    assert rows.filter(with_picture & (pl.col("probe_caption") != pl.col("pass_rate"))).is_empty()
    assert rows.filter(~with_picture)["probe_caption"].is_null().all()


async def test_second_run_sends_nothing_and_is_the_same(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        first = await run(recipe, server.url, *ALL)
    again = await run(recipe, NO_MORE, *ALL, out="elsewhere")
    assert (again.requests, again.version) == (0, first.version)


async def test_rotated_choices_are_graded_by_the_rotated_gold(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, ROTATED)
    replies = probes_of(outcome).sort("problem_id", "turn")
    assert replies.group_by("problem_id").len()["len"].to_list() == [3] * CHOICES
    sums = read_table(Path(outcome.run), "problems").select(
        problem_id="id", gold=pl.col("choices").list.get(1, null_on_oob=True)
    )
    right = replies.join(sums, on="problem_id").select((pl.col("extracted") == pl.col("gold")).alias("right"), "status")
    assert right.filter(pl.col("right") != (pl.col("status") == "correct")).is_empty()
    assert len(set(right["status"])) == 2


async def test_rows_have_columns_and_the_version_says_who_was_asked(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, *ALL)
    folder = Path(outcome.dataset or "")
    rows: Any = load_dataset(str(folder), split="train", cache_dir=str(recipe.parent / "cache"))
    manifest = json.loads((folder / "ovlt.json").read_text())
    replies = pl.read_parquet(folder / "probes.parquet")
    assert all(row["probe_image"] == row["probe_image_correct"] / row["probe_image_decided"] for row in rows)
    assert manifest["models"]["probe_blind"] == "fake@student"
    assert manifest["prompts"]["probe_blind"]["sha256"] in set(replies.filter(probe="blind")["prompt_sha256"])
    assert set(replies.filter(probe="caption")["model"]) == {"fake@teacher"}


async def test_selection_by_a_probe_keeps_what_it_does_not_ask(recipe: Path) -> None:
    easy = "{pass_rate: {of: blind, max: 0.5}}"
    async with FakeEndpoint() as server:
        whole = await run(recipe, server.url, BLIND, f"curate=[{{mark: {easy}}}]")
        few = await run(recipe, server.url, BLIND, f"curate=[{easy}]", out="elsewhere")
    marked, kept = rows_of(whole), rows_of(few)
    assert set(kept["id"]) == set(marked.filter(~pl.col("mark_pass_rate_blind"))["id"])
    assert 0 < kept.height < marked.height
    assert kept["probe_blind"].max() == 0.5
    assert kept["probe_blind"].is_null().any()


async def test_mixtures_select_by_a_probe_as_steps_do(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        whole = await run(recipe, server.url, BLIND)
        few = await run(recipe, server.url, BLIND, "mix={pass_rate: {of: blind, max: 0.5}}", out="mixed")
    value = {"name": "m", "from": [whole.dataset], "mix": {"pass_rate": {"of": "blind", "max": 0.5}}}
    mixture = mix_versions(MixRecipe.model_validate(value), out=recipe.parent / "runs", name="m").version
    mixed = pl.read_parquet(mixture.path / "data" / "*.parquet")
    assert set(mixed["id"]) == set(rows_of(few)["id"]) != set(rows_of(whole)["id"])
    assert pl.read_parquet(mixture.path / "probes.parquet").height > 0


async def test_mixture_by_a_probe_that_was_not_asked_is_refused(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url)
    spec = MixRecipe.model_validate({"name": "m", "from": [outcome.dataset], "mix": {"pass_rate": {"of": "blind"}}})
    with pytest.raises(UsageError, match="without the probe `blind`"):
        mix_versions(spec, out=recipe.parent / "runs", name="m")


async def test_failed_probe_costs_no_row_and_is_not_asked_again(recipe: Path) -> None:
    refused = {"(A)": "status_400"}
    options = (ROTATED, "probes.rotated.prompt=student", "models.student.model=fake", BLIND)
    async with FakeEndpoint(tied=refused) as server:
        first = await run(recipe, server.url, *options, "reason.prompt=plain.jinja")
        sent = server.requests
        again = await run(recipe, server.url, *options, "reason.prompt=plain.jinja")
        assert server.requests == sent
    assert first.problems == CHOICES + OPEN + WORDS
    assert first.failures == {}
    assert first.unprobed == {"blind: bad_request": CHOICES, "rotated: bad_request": 3 * CHOICES}
    assert again.version == first.version
    assert rows_of(first).filter(pl.col("probe_rotated_decided") == 0)["probe_rotated"].is_null().all()


@pytest.fixture(autouse=True)
def plain(tmp_path: Path) -> None:
    """A prompt without choices, for a teacher that is never refused."""
    (tmp_path / "plain.jinja").write_text("{{ question }}")


async def test_report_has_a_table_of_probes(recipe: Path) -> None:
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, *ALL)
    page = write_report(Path(outcome.run)).read_text()
    for name in ("blind", "caption", "image", "rotated"):
        assert f"sums · {name}" in page
        assert any(each.probe == name and each.pass_at for each in outcome.probes)
    assert "sums · blind" in write_report(Path(outcome.dataset or "")).read_text()


async def test_grpo_problems_are_rated_by_probes_alone(recipe: Path) -> None:
    probe = "probes.image={model: student, samples: 4}"
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, probe, *GRPO, "curate=[{pass_rate: {of: image, min: 0.3, max: 0.9}}]")
    rates = rows_of(outcome)["probe_image"].to_list()
    assert 0 < len(rates) < outcome.problems
    assert all(0.3 <= rate <= 0.9 for rate in rates)


async def test_a_source_is_full_by_what_probes_leave(recipe: Path) -> None:
    options = (BLIND, "curate=[{pass_rate: {of: blind, max: 0.5}}, {select: first}]", "stop_when={rows: 3}")
    async with FakeEndpoint() as server:
        outcome = await run(recipe, server.url, *options)
    assert outcome.rows == 3
