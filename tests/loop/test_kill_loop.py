"""kill -9 again and again in a loop, resumed each time: the same versions, the same last weights, nothing twice."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from a_loop import asked, run_loop, start, steps, write_loop

KILLS = 10


@pytest.mark.timeout(900)  # a dozen loops, one after the other
def test_killed_at_any_moment_a_loop_goes_on_where_it_stood(tmp_path: Path) -> None:
    undisturbed, killed = (write_loop(folder, evaluate=None) for folder in make_two(tmp_path))
    assert run_loop(undisturbed).returncode == 0
    stood: list[int] = []
    for seconds in moments():
        kept = steps(killed)
        if kill_at_work(killed, seconds) == 0:
            break
        assert kept.items() <= steps(killed).items(), "a finished step stays as it is"
        stood.append(len(steps(killed)))
    assert len(stood) >= KILLS
    assert results(killed) == results(undisturbed)
    assert Counter(asked(killed)).keys() == Counter(asked(undisturbed)).keys()


def moments() -> list[float]:
    """Seconds of work before each kill: more and more, so that the loop ends one day, however slow the machine."""
    draw = random.Random(4)
    return [draw.uniform(0, 0.15 * 1.25**number) for number in range(40)]


def kill_at_work(recipe: Path, seconds: float) -> int | None:
    """Kill it so long after its first step began; its exit status."""
    with start(recipe) as loop:
        assert loop.stderr is not None
        for line in loop.stderr:
            if ": ovlt " in line or "other_trainer" in line:
                break
        time.sleep(seconds)
        loop.kill()
        loop.communicate()
    return loop.returncode


def make_two(folder: Path) -> list[Path]:
    places = [folder / "undisturbed", folder / "killed"]
    for place in places:
        place.mkdir()
    return places


def results(recipe: Path) -> dict[str, str]:
    """What each step made, by hash."""
    done = steps(recipe).items()
    return {name: step["result"].get("version") or step["result"]["checkpoint"] for name, step in done}
