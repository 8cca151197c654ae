"""SIGTERM, or SIGUSR1 as Slurm sends it: what is in flight is kept, and the same command goes on."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from child_run import PROBLEMS, Server, committed, finish, start, write_recipe


def wait_for(server: Server, run: subprocess.Popen[str], *, slots: int) -> None:
    while len(server.asked()) < slots:
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1], ids=["TERM", "USR1"])
def test_stopped_run_keeps_what_was_in_flight_and_is_taken_up_again(
    tmp_path: Path, server: Server, number: signal.Signals
) -> None:
    recipe = write_recipe(tmp_path, server.url)
    with start(recipe, tmp_path) as run:
        wait_for(server, run, slots=20)
        run.send_signal(number)
        _, said = run.communicate()
    asked = server.asked()
    assert run.returncode == 128 + number
    assert "in flight" in said
    assert committed(tmp_path) == set(asked), "what was asked for is kept, all of it"
    resumed = finish(recipe, tmp_path)
    assert resumed["kept"] + sum(resumed["rejected"].values()) == PROBLEMS
    assert len(server.asked()) == len(set(server.asked())), "nothing was asked for twice"
