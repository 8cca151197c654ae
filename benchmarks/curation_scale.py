"""Curating, building and diffing many samples: python -m benchmarks.curation_scale [--samples N]

Generated samples of 300 words, four of each problem, as a run's tables; select, strip, limits; two versions built
that differ in what is selected, and compared. Each size runs in a process of its own. Memory is what is anonymous,
looked at fifty times a second: the rest is code, and files that the system takes back.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from msgspec import Struct

from benchmarks.memory import resident
from ovlt_data.curate import curate
from ovlt_data.prompts import Prompt
from ovlt_data.publish.build import build_version
from ovlt_data.publish.diff import diff_versions
from ovlt_data.publish.parent import open_parent
from ovlt_data.publish.provenance import Provenance
from ovlt_data.recipe import Recipe
from ovlt_data.tables import Curated, read_table, write_part

SMALL, SHORT = 25_000, 100_000
"""Samples: what is compared with, and by default."""
EACH, PART = 4, 20_000
"""Samples of a problem, and of a part of the table."""
TRACE = "There are three rows of four cups on this table. So that makes 12 cups, I think. " * 17 + "Wait, is that so?"
ASKED = Prompt(name="student", path="student", text="{{ question }}", sha256="0", variables=frozenset({"question"}))


class Watched(Struct):
    """The peak of anonymous memory, in MB, and seconds."""

    memory: int = 0
    seconds: float = 0.0


def main(samples: int = SHORT) -> None:
    for count in (SMALL, samples):
        command = [sys.executable, "-m", "benchmarks.curation_scale", "--child", "--samples", str(count)]
        print(subprocess.check_output(command, text=True).strip(), flush=True)


def measure(count: int) -> None:
    """In a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_samples(folder, count)
        with _watch() as curating:
            curate_samples(folder, make_recipe("shortest"))
        with _watch() as building:
            build(folder, make_recipe("shortest"), folder / "before")
        build(folder, make_recipe("first"), folder / "after")
        with _watch() as diffing:
            diff = diff_versions(open_parent(folder / "before"), open_parent(folder / "after"))
    assert diff.rows == (count // EACH, count // EACH), diff
    told = {"curate": curating, "curate and build": building, "diff": diffing}
    stages = (f"{name} {count / of.seconds:,.0f}/s, peak {of.memory:,} MB" for name, of in told.items())
    print(f"{count:,} samples: {'; '.join(stages)}")


def write_samples(folder: Path, count: int) -> None:
    """As a run leaves them: parts in order of arrival."""
    for part, start in enumerate(range(0, count, PART)):
        numbers = range(start, min(start + PART, count))
        problems = [_make_problem(number // EACH) for number in numbers if number % EACH == 0]
        write_part(folder, "problems", problems, part=part)
        write_part(folder, "samples", [_make_sample(number) for number in numbers], part=part)


def make_recipe(select: str) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "scale",
            "models": {"m": {"endpoint": "http://localhost:1/v1", "model": "m", "revision": "1"}},
            "problems": {"sources": [{"source": "shapes"}]},
            "reason": {"model": "m"},
            "curate": [
                {"select": select},
                {"strip_reflections": "truncate"},
                {"min_words": 20},
                {"max_words": 500},
            ],
            "build": {"kind": "sft"},
        }
    )


def curate_samples(folder: Path, recipe: Recipe) -> Curated:
    problems, samples = (read_table(folder, table) for table in ("problems", "samples"))
    return curate(problems, samples, recipe.steps, kind=recipe.build.kind)


def build(folder: Path, recipe: Recipe, place: Path) -> None:
    """The version, from the run's tables on."""
    unprompted = pl.lit(None, dtype=pl.String)
    problems, captions, samples = (read_table(folder, table) for table in ("problems", "captions", "samples"))
    build_version(
        place,
        recipe=recipe,
        problems=problems,
        captions=captions.with_columns(prompt=unprompted),
        samples=samples.with_columns(prompt=unprompted),
        curated=curate(problems, samples, recipe.steps, kind=recipe.build.kind),
        provenance=Provenance(models={"reason": "m@1"}, prompts={"train": ASKED}, grader_version="1", licences={}),
    )


def _make_problem(number: int) -> Mapping[str, object]:
    facts = {"id": f"p{number:07}", "number": number, "source": "made", "question": f"How many? ({number})"}
    lists = {name: [] for name in ("choices", "answers", "categories", "image_paths", "image_sha256")}
    return facts | lists | {"origin": f"row {number}", "answer": "12", "answer_type": "number", "unit": ""}


def _make_sample(number: int) -> Mapping[str, object]:
    slot = number % EACH
    said = {"reasoning": f"Case {number}. {'So ' * (EACH - slot)}{TRACE}", "content": "<answer>12</answer>"}
    facts = {"problem_id": f"p{number // EACH:07}", "source": "made", "slot": slot, "model": "m", "rung": 0}
    return facts | said | {"response_key": f"k{number}", "status": "correct", "extracted": "12", "reason": ""}


@contextmanager
def _watch() -> Generator[Watched]:
    watched, done, start = Watched(), threading.Event(), time.perf_counter()

    def look() -> None:
        while not done.wait(0.02):
            watched.memory = max(watched.memory, resident()[1])

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield watched
    finally:
        watched.seconds = time.perf_counter() - start
        done.set()
        watcher.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Memory and speed of curating and building many samples.")
    parser.add_argument("--samples", type=int, default=SHORT)
    parser.add_argument("--child", action="store_true", help="measure once, in this process")
    given = parser.parse_args()
    (measure if given.child else main)(given.samples)
