"""`--shard I/N`: three processes on one store do together what one does alone, stopped and taken up again or not."""

import fcntl
import json
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from child_run import PROBLEMS, TOTAL, Server, finish, start, write_recipe

from ovlt_data.errors import UsageError
from ovlt_data.shard import Shard, read_shard
from ovlt_data.types import Image, Problem

SHARDS = ("1/3", "2/3", "3/3")


def start_all(recipe: Path, folder: Path, shards: Sequence[str]) -> list[subprocess.Popen[str]]:
    return [start(recipe, folder, "--shard", shard) for shard in shards]


def end_all(runs: Sequence[subprocess.Popen[str]], *, status: int) -> list[dict[str, Any]]:
    """What each printed."""
    ended = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [status] * len(runs), ended
    return [json.loads(printed) for printed, _ in ended]


def test_three_processes_do_together_what_one_does_alone(tmp_path: Path, server: Server) -> None:
    recipe, folder = write_recipe(tmp_path, server.url), tmp_path / "sharded"
    alone = finish(recipe, tmp_path / "alone")
    once = server.asked()

    stopped = start_all(recipe, folder, SHARDS)
    while len(server.asked()) < TOTAL * 4 // 3:
        assert any(run.poll() is None for run in stopped)
        time.sleep(0.01)
    for run in stopped:
        run.send_signal(signal.SIGTERM)
    for run in stopped:
        run.communicate()
    parts = end_all(start_all(recipe, folder, SHARDS[::-1]), status=0)
    gathered = finish(recipe, folder)

    assert [part["state"] for part in parts] == ["generated"] * 3
    assert sum(part["problems"] for part in parts) == PROBLEMS
    assert min(part["problems"] for part in parts) > 0
    assert len(once) == TOTAL
    assert sorted(server.asked()[TOTAL:]) == sorted(once), "together they ask for what one asks for, and nothing twice"
    assert (gathered["requests"], gathered["version"]) == (0, alone["version"])


def test_whole_run_waits_for_its_shards(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1")
    (tmp_path / "runs/killed").mkdir(parents=True)
    with (tmp_path / "runs/killed/.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with start(recipe, tmp_path) as run:
            _, said = run.communicate()
    assert (run.returncode, "another ovlt works in this run" in said) == (3, True)


def test_problems_on_one_picture_stay_together_and_all_are_somewhere() -> None:
    rows = [
        Problem(id=f"{number:016x}", source="s", question="Which?", answer="1", images=(Image("p", str(number // 3)),))
        for number in range(300)
    ]
    parts = [list(Shard(number, 4).pick(rows)) for number in range(1, 5)]
    assert sorted(row.id for part in parts for row in part if isinstance(row, Problem)) == [row.id for row in rows]
    assert all(len(part) % 3 == 0 and len(part) > 30 for part in parts)


@pytest.mark.parametrize("typed", ["0/3", "4/3", "1", "1/0", "a/b", "1/3/5", "-1/3"])
def test_what_is_no_shard_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="expected I/N"):
        read_shard(typed)
