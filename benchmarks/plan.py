"""Does the truth lie inside what `ovlt plan` predicts? Seeded runs against a server with a heavy tail of reply lengths.

python -m benchmarks.plan [RUNS] [PROBLEMS]

Reply lengths are log-normal around a length that each problem draws (so that a problem's samples are alike); a request
takes its time by its tokens. Half of the problems share pictures, three to one, and so captions.
"""

import asyncio
import json
import random
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import PIL.Image
from aiohttp import web

from ovlt_data.engine.tally import Tally
from ovlt_data.estimate import Estimate
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.plan import Forecast, forecast
from ovlt_data.recipe import Recipe, load_recipe
from ovlt_data.tables import TABLES

RECIPE = """
name: plan
models:
  eye:
    {{endpoint: {url}, model: eye, revision: a, price: {{prompt: 1, completion: 2}}, sampling: {{seed: 1}},
    limits: {{concurrency: 8}}}}
  brain:
    {{endpoint: {url}, model: brain, revision: a, price: {{prompt: 1, completion: 4}}, sampling: {{seed: 1}},
    limits: {{concurrency: 8}}}}
problems: {{sources: [{{source: sums, format: table, path: problems.jsonl}}]}}
caption: {{model: eye}}
reason: {{model: brain, samples: 4}}
build: {{kind: sft}}
"""
AT_ONCE = 5
"""Seeds; the servers mostly wait."""
WORDS = [f"word{number} " for number in range(500)]


async def main(runs: int, problems: int) -> None:
    inside: dict[str, list[bool]] = {}
    for start in range(0, runs, AT_ONCE):
        seeds = range(start, min(start + AT_ONCE, runs))
        for held in await asyncio.gather(*(compare(seed, problems) for seed in seeds)):
            for what, holds in held.items():
                inside.setdefault(what, []).append(holds)
    for what, held in inside.items():
        print(f"{what:<18} inside in {sum(held)} of {len(held)}")


async def compare(seed: int, problems: int) -> dict[str, bool]:
    """Whether each figure lay inside."""
    with tempfile.TemporaryDirectory() as folder:
        async with serve(seed) as url:
            recipe = await asyncio.to_thread(write_recipe, Path(folder), url, problems, seed)
            predicted = await predict(recipe, Path(folder) / "plan")
            truth = await measure(recipe, Path(folder) / "run")
    held: dict[str, bool] = {}
    print(f"seed {seed}: {predicted.probed} of {predicted.problems} probed", flush=True)
    for what, estimate in predicted_figures(predicted).items():
        held[what] = estimate.low <= truth[what] <= estimate.high
        off = truth[what] / estimate.value - 1
        print(f"  {what:<18}{truth[what]:>12.6g}, {off:+.1%} beside the prediction, ±{estimate.spread:.0%}", flush=True)
    return held


def predicted_figures(predicted: Forecast) -> dict[str, Estimate]:
    assert predicted.cost
    assert predicted.hours
    assert predicted.disk
    return {
        "requests": predicted.requests,
        "prompt tokens": predicted.prompt_tokens,
        "completion tokens": predicted.completion_tokens,
        "cost": predicted.cost,
        "hours": predicted.hours,
        "disk": predicted.disk,
    }


async def predict(recipe: Recipe, beside: Path) -> Forecast:
    predicted = await forecast(recipe, limit=None, beside=beside, say=lambda _: None, stopping=asyncio.Event())
    assert predicted is not None
    return predicted


async def measure(recipe: Recipe, beside: Path) -> dict[str, float]:
    """A whole run from an empty store."""
    options = Options(out=beside / "runs", name="whole")
    tally, loop = Tally(), asyncio.get_running_loop()
    start, ends = loop.time(), list[float]()

    def note(_: str) -> None:  # the first words are those about curation
        ends.append(loop.time())

    outcome = await run_recipe(recipe, options, tally=tally, say=note, stopping=asyncio.Event())
    spent = outcome.spent
    return {
        "requests": spent.requests,
        "prompt tokens": spent.prompt_tokens,
        "completion tokens": spent.completion_tokens,
        "cost": spent.cost,
        "hours": (ends[0] - start) / 3600,
        "disk": count_bytes(beside / "store", Path(outcome.run)),
    }


def count_bytes(store: Path, run: Path) -> int:
    """Of the store, the run's tables and the lineage."""
    tables = [part for table in TABLES for part in run.glob(f"{table}/*.parquet")]
    files = [*store.iterdir(), *tables, *run.glob("versions/*/lineage.parquet")]
    return sum(file.stat().st_size for file in files)


def write_recipe(folder: Path, url: str, problems: int, seed: int) -> Recipe:
    rows: list[dict[str, Any]] = []
    for number in range(problems):
        row: dict[str, Any] = {"question": f"What is {number} + {seed}?", "answer": "4"}
        if number % 2:
            row["images"] = [f"{number // 6}.png"]
            PIL.Image.new("RGB", (8, 8), (number // 6 % 256, number // 1536, seed)).save(folder / row["images"][0])
        rows.append(row)
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "recipe.yaml"
    path.write_text(RECIPE.format(url=url))
    return load_recipe(path)


@asynccontextmanager
async def serve(seed: int) -> AsyncGenerator[str]:
    app = web.Application(client_max_size=2**24)

    async def chat(request: web.Request) -> web.Response:
        asked = await request.json()
        body = json.dumps(asked["messages"])
        draws = random.Random(f"{seed} {body} {asked['seed']}")
        length = random.Random(f"{seed} {body}").lognormvariate(5, 0.8)
        tokens = max(5, int(length * draws.lognormvariate(0, 0.5)))
        await asyncio.sleep(0.02 + tokens * 1e-3)
        text = f"<think>{''.join(draws.choices(WORDS, k=tokens))}</think> It is so. <answer>4</answer>"
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(body) // 4, "completion_tokens": tokens}
        return web.json_response({"model": "mock", "choices": [choice], "usage": usage})

    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(given or [10, 600])))
