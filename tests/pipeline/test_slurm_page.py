"""The script of docs/slurm.md, run as Slurm would run its tasks: N at a time, a signal to the shell, and once more."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from child_run import TOTAL, Server, finish, write_recipe

PAGE = Path(__file__).parents[2] / "docs/slurm.md"
TASKS = 2


def write_script(folder: Path) -> None:
    script = re.search(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.S)
    assert script is not None
    (folder / "shard.sh").write_text(script[1])
    command = folder / "ovlt"
    command.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from ovlt_data.cli import main; main()' \"$@\"\n")
    command.chmod(0o755)


def submit(folder: Path) -> list[subprocess.Popen[str]]:
    local = {"SLURM_ARRAY_TASK_COUNT": str(TASKS), "TMPDIR": str(folder / "local"), "OVLT_STORE": ""}
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    return [
        subprocess.Popen(
            ["bash", "shard.sh"],
            cwd=folder,
            env=os.environ | local | path | {"SLURM_ARRAY_TASK_ID": str(task)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for task in range(1, TASKS + 1)
    ]


def end(tasks: list[subprocess.Popen[str]]) -> list[int]:
    """Their exit statuses."""
    for task in tasks:
        task.communicate()
    return [task.returncode for task in tasks]


def test_tasks_that_ran_out_of_time_are_submitted_again_and_gathered(tmp_path: Path, server: Server) -> None:
    recipe = write_recipe(tmp_path, server.url)
    write_script(tmp_path)
    (tmp_path / "local").mkdir()
    first = submit(tmp_path)
    while len(server.asked()) < TOTAL // 4:
        assert any(task.poll() is None for task in first)
        time.sleep(0.01)
    for task in first:
        task.send_signal(signal.SIGUSR1)
    assert end(first) == [128 + signal.SIGUSR1] * TASKS
    assert not list(tmp_path.glob("local/*/*.sqlite"))
    assert end(submit(tmp_path)) == [0] * TASKS
    gathered = finish(recipe, tmp_path)
    assert gathered["requests"] == 0
    assert len(server.asked()) == len(set(server.asked())) == TOTAL, "nothing was paid twice"
