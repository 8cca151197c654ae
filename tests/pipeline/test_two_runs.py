"""Two processes on one store at once, and SIGTERM at random moments of a run."""

import json
import random
import signal
import time
from collections import Counter
from pathlib import Path

from child_run import TOTAL, Server, finish, start, stored, write_recipe

STOPS = 4


def test_two_runs_on_one_store_at_once_both_end_and_ask_for_a_slot_once_each(tmp_path: Path, server: Server) -> None:
    recipe = write_recipe(tmp_path, server.url)
    with start(recipe, tmp_path, "--name", "one") as one, start(recipe, tmp_path, "--name", "two") as two:
        ended = [run.communicate() for run in (one, two)]
    assert [one.returncode, two.returncode] == [0, 0], ended
    printed = [json.loads(out) for out, _ in ended]
    asked, held = Counter(server.asked()), stored(tmp_path)
    assert len(asked) == len(held) == TOTAL
    assert max(asked.values()) <= 2
    assert all(len(replies) == 1 for replies in held.values())
    third = finish(recipe, tmp_path)
    assert third["requests"] == 0
    assert {each["rows"] for each in [*printed, third]} == {third["rows"]}
    assert {each["version"] for each in [*printed, third]} == {third["version"]}


def test_stopped_at_random_moments_a_run_loses_nothing_and_pays_for_nothing_twice(
    tmp_path: Path, server: Server
) -> None:
    recipe, draw = write_recipe(tmp_path, server.url), random.Random(3)
    undisturbed = finish(recipe, tmp_path / "undisturbed")
    for _ in range(STOPS):
        until = server.size() + draw.randint(1, 20)
        with start(recipe, tmp_path / "stopped") as run:
            while server.size() < until:
                assert run.poll() is None, run.communicate()
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 0.1))
            run.send_signal(signal.SIGTERM)
            _, said = run.communicate()
        assert run.returncode == 128 + signal.SIGTERM, said
        assert stored(tmp_path / "stopped").keys() == set(server.asked()[TOTAL:]), "what was asked for is kept"
    resumed = finish(recipe, tmp_path / "stopped")
    assert resumed["version"] == undisturbed["version"]
    assert len(server.asked()) == 2 * TOTAL, "nothing was asked for twice"
