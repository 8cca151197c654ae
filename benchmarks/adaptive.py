"""Requests for the same number of verified rows, adaptive beside fixed: python -m benchmarks.adaptive

Real runs against replies made here. How hard a problem is (the share of its samples that are right) is drawn from a
beta distribution; a reply is a pure function of problem and seed.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Answer, Feed
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.recipe import load_recipe

PROBLEMS = 1000
DIFFICULTY = {"easy": (4.0, 1.0), "even": (1.0, 1.0), "hard": (0.5, 2.0)}
"""Parameters of the beta distribution: means of 0.8, 0.5 and 0.2."""
FIXED = "4"
ADAPTIVE = "{min: 1, max: MAX, until: {correct: 1}}"
MOST = (4, 8)


class Replies:
    """A transport that answers by itself: `problem N` rightly (with `right`) as often as N is easy."""

    def __init__(self, beta: tuple[float, float]) -> None:
        self._beta = beta

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        asked = json.loads(body)
        number = asked["messages"][0]["content"].split()[1]
        rate = random.Random(f"problem {number}").betavariate(*self._beta)
        right = random.Random(f"{number} {asked['seed']}").random() < rate
        content = f"<think>Let me see.</think><answer>{'right' if right else 'wrong'}</answer>"
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 10, "completion_tokens": 10}
        return Answer(200, {}, json.dumps({"model": "m", "choices": [choice], "usage": usage}).encode())

    async def post_stream(
        self, url: str, body: bytes, headers: Mapping[str, str], *, idle: float, feed: Feed
    ) -> Answer:
        raise NotImplementedError("the recipe does not stream")

    async def close(self) -> None:
        pass


def write_recipe(folder: Path) -> Path:
    rows = [{"question": f"problem {number} ?", "answer": "right"} for number in range(PROBLEMS)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = {"endpoint": "http://nowhere/v1", "model": "m", "provider": "vllm", "limits": {"concurrency": 64}}
    value: dict[str, Any] = {
        "name": "adaptive",
        "models": {"teacher": model | {"revision": "a", "sampling": {"seed": 1}}},
        "problems": {"sources": [{"source": "rows", "format": "table", "path": "rows.jsonl"}]},
        "reason": {"model": "teacher", "prompt": "student"},
        "curate": [{"select": "first"}],
        "build": {"kind": "sft"},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(value))
    return path


async def run(recipe: Path, replies: Replies, *overrides: str) -> Outcome:
    """One run with a store of its own."""
    with tempfile.TemporaryDirectory() as out:
        options = Options(out=Path(out) / "runs", name="adaptive")
        loaded = load_recipe(recipe, overrides)
        return await run_recipe(
            loaded,
            options,
            tally=Tally(),
            say=lambda _: None,
            stopping=asyncio.Event(),
            transports={"teacher": replies},
        )


async def compare(name: str, beta: tuple[float, float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recipe, replies = write_recipe(Path(folder)), Replies(beta)
        fixed = await run(recipe, replies, f"reason.samples={FIXED}")
        print(f"{name}: samples: {FIXED} · {fixed.rows} rows of {PROBLEMS} problems · {fixed.requests} requests")
        for most in MOST:
            samples = ADAPTIVE.replace("MAX", str(most))
            same = await run(recipe, replies, f"reason.samples={samples}", f"stop_when={{rows: {fixed.rows}}}")
            saved = 1 - same.requests / fixed.requests
            print(f"  samples: {samples} · {same.rows} rows · {same.requests} requests · {saved:.0%} saved")


def main() -> None:
    for name, beta in DIFFICULTY.items():
        asyncio.run(compare(name, beta))


if __name__ == "__main__":
    main()
