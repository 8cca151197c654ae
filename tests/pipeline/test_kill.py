"""kill -9 at ten moments of a run, resumed each time: the same dataset comes out, and nothing is paid for twice."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from child_run import PROBLEMS, TOTAL, Server, committed, finish, start, write_recipe

KILLS = 10


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
    """What to wait for, and how long from there: one while it starts, one while it builds, the others between."""
    draw, since = random.Random(9), len(server.asked())
    yield lambda: True, 0.1
    for slots in sorted(draw.sample(range(1, TOTAL), KILLS - 2)):
        yield lambda slots=slots: len(set(server.asked()[since:])) >= slots, draw.uniform(0, 0.1)
    yield (folder / "runs" / "killed" / "versions").exists, 0.0


@pytest.mark.timeout(900)  # twelve processes, one after the other; a minute on an idle machine
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
