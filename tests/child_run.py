"""`ovlt run` as a child process against the fake endpoint in another: for tests of runs that end before their time.

The server outlives every run; what it says depends on (messages, slot) alone, and what it was asked stands in a file.
"""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import fake_endpoint
import PIL.Image
import zstandard
from fake_words import hash_asked

PICTURES, PROBLEMS, SAMPLES = 12, 36, 4
TOTAL = PICTURES + PROBLEMS * SAMPLES
"""Slots: a caption for each picture, samples for each problem."""
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

    def __init__(self, log: Path, *options: str, delay: float = 0.1) -> None:
        self._log = log
        log.touch()
        command = [sys.executable, fake_endpoint.__file__, "--log", str(log), "--delay", str(delay), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def asked(self) -> list[Slot]:
        """Every slot that was asked for, in order, as often as it was."""
        return [(messages, seed) for messages, seed in map(json.loads, self._log.read_text().splitlines())]

    def size(self) -> int:
        """How many slots it was asked for so far, repeats included."""
        return self._log.read_bytes().count(b"\n")

    def close(self) -> None:
        with self._process:
            self._process.kill()


def write_recipe(folder: Path, url: str, *, problems: int = PROBLEMS) -> Path:
    draw = random.Random(0)
    rows: list[dict[str, Any]] = []
    for number in range(problems):
        picture = f"{number % PICTURES}.png"
        PIL.Image.new("RGB", (24, 24), (number % PICTURES, 90, 160)).save(folder / picture)
        right = draw.randint(1, 99)
        rows.append({"question": f"What is {number} + {right}?", "answer": str(number + right), "images": [picture]})
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(url=url, samples=SAMPLES))
    return recipe


def start(recipe: Path, folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [*OVLT, "run", str(recipe), "--json", "--out", str(folder / "runs"), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(recipe: Path, folder: Path) -> dict[str, Any]:
    """Run to the end; what --json says."""
    with start(recipe, folder) as run:
        printed, said = run.communicate()
    assert run.returncode == 0, said
    return json.loads(printed)


def committed(folder: Path) -> set[Slot]:
    """The slots that stand in the store."""
    return set(stored(folder))


def stored(folder: Path, *, at: Path | None = None) -> Mapping[Slot, set[str]]:
    """What stands in the store by slot: its replies' words, of which there should be one."""
    found: defaultdict[Slot, set[str]] = defaultdict(set)
    with copied_store(folder, at=at) as copy:
        for file in copy.glob("*.sqlite"):
            for slot, value in read_slots(file):
                found[slot].add(value)
    return found


@contextmanager
def copied_store(folder: Path, *, at: Path | None = None) -> Generator[Path]:
    """Of the store, in another folder; the original stays as the killed process left it."""
    copy = (at or folder) / "copy"
    if (folder / "store").exists():
        shutil.copytree(folder / "store", copy)
    yield copy
    shutil.rmtree(copy, ignore_errors=True)


def read_slots(file: Path) -> Iterator[tuple[Slot, str]]:
    with closing(sqlite3.connect(file)) as connection:
        if not connection.execute("SELECT * FROM sqlite_schema").fetchall():
            return
        query = "SELECT slot, value, body FROM replies JOIN requests USING (key)"
        for slot, value, packed in connection.execute(query):
            body = json.loads(zstandard.decompress(packed))
            message = body["messages"][0]
            pictures = [image["sha256"] for image in message["images"]]
            said = json.loads(zstandard.decompress(value))
            yield (hash_asked(message["text"], pictures), body["seed"] + slot), said["content"]
