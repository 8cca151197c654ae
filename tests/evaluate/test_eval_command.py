"""`ovlt eval MODEL --on …` as it is typed, on benchmarks in their official layouts."""

import asyncio
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from child_run import OVLT
from fake_endpoint import FakeEndpoint
from PIL import Image

from ovlt_data.evaluate.files import read_scores

THREE = ["mathvista", "mathverse", "mathvision"]
SAMPLES = Path(os.environ.get("OVLT_SAMPLES", "/nowhere"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight sums in each benchmark's layout, of which the fake endpoint answers three in four rightly."""
    sums = {str(n): (f"What is {n} + {30 + n}?", str(30 + 2 * n)) for n in range(1, 9)}
    files: Mapping[str, object] = {
        "mathvista/testmini.json": {
            pid: {"pid": pid, "question": question, "answer": answer, "answer_type": "integer"}
            for pid, (question, answer) in sums.items()
        },
        "mathverse/testmini.json": [
            {"problem_index": name, "problem_version": "Text Dominant", "question": question, "answer": answer}
            | {"question_type": "free-form", "image": "images_version_1-4/image_1.png", "metadata": {}}
            for name, (question, answer) in sums.items()
        ],
        "mathvision/data/testmini.jsonl": [
            {"id": name, "question": question, "answer": answer, "options": [], "level": 1, "subject": "sums"}
            | {"image": "images/1.jpg"}
            for name, (question, answer) in sums.items()
        ],
    }
    for name, rows in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True)
        lines = isinstance(rows, list) and path.suffix == ".jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows) if lines else json.dumps(rows))
    for name in ("mathverse/images/images_version_1-4/image_1.png", "mathvision/images/1.jpg"):
        (tmp_path / "data" / name).parent.mkdir(parents=True)
        (tmp_path / "data" / name).write_bytes(picture())
    return tmp_path / "data"


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (28, 28), "red").save(file, "PNG")
    return file.getvalue()


async def type_eval(folder: Path, *words: str) -> str:
    """What a command prints that has to succeed."""
    child = await asyncio.create_subprocess_exec(
        *OVLT, "eval", *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, said = await child.communicate()
    assert child.returncode == 0, said.decode()
    return printed.decode()


async def test_the_three_benchmarks_in_one_line_end_in_scores(tmp_path: Path, data: Path) -> None:
    async with FakeEndpoint() as server:
        words = ["fake", "--on", ",".join(THREE), "--endpoint", server.url, "--data", str(data), "--revision", "a"]
        printed = await type_eval(tmp_path, *words, "--set", "models.fake.sampling.max_tokens=300")
        assert {body["max_tokens"] for body in server.bodies} == {300}
        assert {body["top_k"] for body in server.bodies} == {1}
        assert len(server.bodies) == 24
    scores = read_scores(tmp_path / "runs" / "eval-fake")
    whole = {score.benchmark: score for score in scores if not score.category}
    assert list(whole) == THREE
    assert all(score.problems == 8 and score.correct >= 4 for score in whole.values())
    assert f"| mathverse  | 8        | {100 * whole['mathverse'].accuracy:.1f} (" in printed
    for line in ("Harness   ovlt ", "Prompts   eval/mathvista ", "Judge     ovlt's grader "):
        assert line in printed
    assert "Sampling  1 × max_tokens 300, temperature 0.01, top_p 0.001, top_k 1" in printed
    assert whole["mathvista"].weights == "fake@a"


async def test_models_that_are_scored_at_once_share_a_table(tmp_path: Path, data: Path) -> None:
    async def score(model: str) -> None:
        async with FakeEndpoint(model=model) as server:
            words = ["--on", "mathvista", "--endpoint", server.url, "--data", str(data), "--name", "both"]
            await type_eval(tmp_path, model, *words, "--revision", "a")

    await asyncio.gather(score("base"), score("trained"))
    assert {score.model for score in read_scores(tmp_path / "runs" / "both")} == {"base", "trained"}
    table = (tmp_path / "runs" / "both" / "scores.md").read_text()
    assert {cell.strip() for cell in table.splitlines()[0].split("|")} >= {"base", "trained"}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="OVLT_SAMPLES names no folder: the real benchmarks are NOT scored")
async def test_samples_of_the_real_benchmarks_end_in_scores(tmp_path: Path) -> None:
    verse = SAMPLES / "mathverse" / "testmini_rebuilt_from_site.json"
    words: list[Any] = ["fake", "--on", ",".join(THREE), "--data", str(SAMPLES), "--revision", "a", "--limit", "20"]
    async with FakeEndpoint() as server:
        printed = await type_eval(tmp_path, *words, "--endpoint", server.url, "--set", f"benchmarks.1.path={verse}")
    whole = [score for score in read_scores(tmp_path / "runs" / "eval-fake") if not score.category]
    assert [(score.benchmark, score.failed) for score in whole] == [(name, 0) for name in THREE]
    assert all(score.problems and score.official is not None for score in whole)
    assert all(name in printed for name in THREE)
