"""kill -9 at fifty moments of a run, resumed each time: the same dataset comes out, and nothing is paid for twice."""

import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from child_run import PICTURES, SAMPLES, Server, Slot, copied_store, finish, start, stored, write_recipe

from ovlt_data.engine import upkeep

KILLS = 50
PROBLEMS = 300
TOTAL = PICTURES + PROBLEMS * SAMPLES
LONGEST = 0.6
"""Seconds from what is waited for to the kill; replies are committed within half a second."""


def kill_when(happened: Callable[[], bool], recipe: Path, folder: Path, *, delay: float) -> None:
    """Run, and kill -9 so many seconds after something happened."""
    with start(recipe, folder) as run:
        while not happened():
            assert run.poll() is None, run.communicate()
            time.sleep(0.01)
        time.sleep(delay)
        run.kill()
    assert run.returncode == -signal.SIGKILL, "the run was over before its moment came"


def moments(folder: Path, server: Server) -> Iterator[tuple[Callable[[], bool], float]]:
    """What to wait for, and how long from there: some while it starts, one while it builds, most while it asks."""
    draw = random.Random(9)
    for number in range(KILLS - 1):
        if number % 10 == 0:
            yield lambda: True, draw.uniform(0, 1.0)
        else:
            slots = server.size() + draw.randint(1, 12)
            yield lambda slots=slots: server.size() >= slots, draw.uniform(0, LONGEST)
    yield (folder / "runs" / "killed" / "versions").exists, 0.0


def read_store(folder: Path) -> Mapping[Slot, set[str]]:
    """What stands in it. Every file reads, every value is what was written, no slot has two replies."""
    with copied_store(folder) as copy:
        assert not copy.exists() or list(upkeep.verify(copy, say=print)) == []
    held = stored(folder)
    assert all(len(replies) == 1 for replies in held.values())
    return held


@pytest.mark.timeout(900)  # more than fifty processes, one after the other; six on a busy machine
def test_killed_fifty_times_the_version_is_the_same_and_nothing_is_asked_twice(tmp_path: Path, server: Server) -> None:
    recipe, folder = write_recipe(tmp_path, server.url, problems=PROBLEMS), tmp_path / "killed"
    undisturbed = finish(recipe, tmp_path / "undisturbed")
    once = server.asked()
    assert len(once) == len(set(once)) == TOTAL

    kept = [stored(folder)]
    for happened, delay in moments(folder, server):
        before = server.size()
        kill_when(happened, recipe, folder, delay=delay)
        assert not kept[-1].keys() & set(server.asked()[before:]), "what is committed is not asked for again"
        kept.append(read_store(folder))
        assert kept[-2].items() <= kept[-1].items(), "what is committed stands"
    resumed = finish(recipe, folder)

    sizes = [len(slots) for slots in kept]
    assert len(kept) == KILLS + 1
    assert len({size for size in sizes if 0 < size < TOTAL}) >= 8, "else too little was killed midway"
    assert (resumed["version"], resumed["rows"]) == (undisturbed["version"], undisturbed["rows"])
    assert set(server.asked()[TOTAL:]) == set(once) == stored(folder).keys()
    assert resumed["kept"] + sum(resumed["rejected"].values()) + sum(resumed["failures"].values()) == PROBLEMS
    assert min(resumed["rows"], sum(resumed["rejected"].values())) > 5, "a funnel of some rows kept and some not"
