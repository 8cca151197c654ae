"""kill -9 at ten moments of a run, resumed each time: the same dataset comes out, and nothing is paid for twice.

The server runs in a process of its own and outlives every kill; what it says depends on (messages, slot) alone.
"""

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import fake_endpoint
import PIL.Image
import pytest
import zstandard
from fake_endpoint import hash_asked

PICTURES, PROBLEMS, SAMPLES = 12, 36, 4
TOTAL = PICTURES + PROBLEMS * SAMPLES
"""Slots: a caption for each picture, samples for each problem."""
KILLS = 10
OVLT = [sys.executable, "-c", "from ovlt_data.cli import main; main()"]
RECIPE = """
name: killed
models:
  captioner: {{endpoint: {url}, model: fake, revision: a, sampling: {{seed: 1}}, limits: {{concurrency: 4}}}}
  reasoner: {{endpoint: {url}, model: fake, revision: b, sampling: {{seed: 1000}}, limits: {{concurrency: 8}}}}
problems:
  sources: [{{source: sums, format: table, path: problems.jsonl}}]
caption: {{model: captioner}}
reason: {{model: reasoner, samples: {samples}}}
curate:
  - min_correct: {{default: 3}}
  - select: shortest
  - min_words: 40
build: {{kind: sft}}
"""

Slot = tuple[str, int]
"""What was asked (a hash of the messages) and the seed it was asked with."""


class Server:
    """The fake endpoint in its own process, and what it was asked."""

    def __init__(self, log: Path) -> None:
        self._log = log
        log.touch()
        command = [sys.executable, fake_endpoint.__file__, "--log", str(log), "--delay", "0.1"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def asked(self) -> list[Slot]:
        """Every slot that was asked for, in order, as often as it was."""
        return [(messages, seed) for messages, seed in map(json.loads, self._log.read_text().splitlines())]

    def close(self) -> None:
        with self._process:
            self._process.kill()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "asked.jsonl")
    yield server
    server.close()


def write_recipe(folder: Path, url: str) -> Path:
    draw = random.Random(0)
    rows: list[dict[str, Any]] = []
    for number in range(PROBLEMS):
        picture = f"{number % PICTURES}.png"
        PIL.Image.new("RGB", (24, 24), (number % PICTURES, 90, 160)).save(folder / picture)
        right = draw.randint(1, 99)
        rows.append({"question": f"What is {number} + {right}?", "answer": str(number + right), "images": [picture]})
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(url=url, samples=SAMPLES))
    return recipe


def start(recipe: Path, folder: Path) -> subprocess.Popen[str]:
    command = [*OVLT, "run", str(recipe), "--json", "--out", str(folder / "runs")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(recipe: Path, folder: Path) -> dict[str, Any]:
    """Run to the end; what --json says."""
    with start(recipe, folder) as run:
        printed, said = run.communicate()
    assert run.returncode == 0, said
    return json.loads(printed)


def kill_when(happened: Callable[[], bool], recipe: Path, folder: Path, *, delay: float) -> None:
    """Run, and kill -9 so many seconds after something happened."""
    with start(recipe, folder) as run:
        while not happened():
            assert run.poll() is None, run.communicate()
            time.sleep(0.01)
        time.sleep(delay)
        run.kill()
    assert run.returncode == -signal.SIGKILL, "the run was over before its moment came"


def committed(folder: Path) -> set[Slot]:
    """What stands in the store, read from a copy: the original stays as the killed process left it."""
    if not (folder / "store").exists():
        return set()
    copy = shutil.copytree(folder / "store", folder / "copy")
    slots = {slot for file in copy.glob("*.sqlite") for slot in read_slots(file)}
    shutil.rmtree(copy)
    return slots


def read_slots(file: Path) -> Iterator[Slot]:
    with closing(sqlite3.connect(file)) as connection:
        if not connection.execute("SELECT * FROM sqlite_schema").fetchall():
            return
        for slot, packed in connection.execute("SELECT slot, body FROM replies JOIN requests USING (key)"):
            body = json.loads(zstandard.decompress(packed))
            message = body["messages"][0]
            pictures = [image["sha256"] for image in message["images"]]
            yield hash_asked(message["text"], pictures), body["seed"] + slot


def moments(folder: Path, server: Server) -> Iterator[tuple[Callable[[], bool], float]]:
    """What to wait for, and how long from there: one while it starts, one while it builds, the others between."""
    draw, since = random.Random(9), len(server.asked())
    yield lambda: True, 0.3
    for slots in sorted(draw.sample(range(1, TOTAL), KILLS - 2)):
        yield lambda slots=slots: len(set(server.asked()[since:])) >= slots, draw.uniform(0, 0.1)
    yield (folder / "runs" / "killed" / "versions").exists, 0.0


def test_killed_ten_times_the_version_is_the_same_and_nothing_is_asked_twice(tmp_path: Path, server: Server) -> None:
    recipe, folder = write_recipe(tmp_path, server.url), tmp_path / "killed"
    undisturbed = finish(recipe, tmp_path / "undisturbed")
    once = server.asked()
    assert len(once) == len(set(once)) == TOTAL

    kept: list[int] = []
    for happened, delay in moments(folder, server):
        before, stored = len(server.asked()), committed(folder)
        kill_when(happened, recipe, folder, delay=delay)
        assert not stored & set(server.asked()[before:])
        kept.append(len(stored))
    before, stored = len(server.asked()), committed(folder)
    resumed = finish(recipe, folder)
    assert not stored & set(server.asked()[before:])

    assert len(kept) == KILLS
    assert any(0 < slots < TOTAL for slots in kept), "else nothing was killed midway"
    assert (resumed["version"], resumed["rows"]) == (undisturbed["version"], undisturbed["rows"])
    assert set(server.asked()[TOTAL:]) == set(once) == committed(folder)
    assert resumed["kept"] + sum(resumed["rejected"].values()) + sum(resumed["failures"].values()) == PROBLEMS
    assert min(resumed["rows"], sum(resumed["rejected"].values())) > 5, "a funnel of some rows kept and some not"


def test_what_a_finished_run_asked_for_is_never_asked_again(tmp_path: Path, server: Server) -> None:
    recipe = write_recipe(tmp_path, server.url)
    first = finish(recipe, tmp_path)
    again = finish(recipe, tmp_path)
    assert again["version"] == first["version"]
    assert again["requests"] == 0
    assert len(server.asked()) == TOTAL
