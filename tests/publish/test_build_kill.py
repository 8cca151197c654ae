"""Builds that are killed at any moment leave no half version."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from a_run import make_run
from datasets import load_dataset

from ovlt_data.check.dataset import check_dataset
from ovlt_data.publish.manifest import MANIFEST
from ovlt_data.publish.parent import open_parent
from ovlt_data.serve.embedded import TINY_MODEL

COPIES = 300
SCRIPT = f"""
import sys
from pathlib import Path
import polars as pl
from a_run import make_run
run = make_run(Path(sys.argv[1]))
for name, key in (("problems", "id"), ("samples", "problem_id"), ("captions", "problem_id")):
    table = getattr(run, name)
    copies = [table.with_columns(pl.col(key) + f"-{{copy}}") for copy in range({COPIES})]
    setattr(run, name, pl.concat(copies))
print("building", flush=True)
print(run.build().id, flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)], stdout=subprocess.PIPE, env=environment, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    return process


def test_builds_killed_at_any_moment_leave_no_half_version(tmp_path: Path) -> None:
    draw = random.Random(0)
    for _ in range(15):
        with start(tmp_path) as process:
            time.sleep(draw.uniform(0.0, 0.6))
            process.send_signal(signal.SIGKILL)
        assert all((version / MANIFEST).exists() for version in (tmp_path / "versions").glob("[!.]*"))
    with start(tmp_path) as process:
        assert process.stdout is not None
        version = process.stdout.readline().strip()
    assert [path.name for path in (tmp_path / "versions").iterdir()] == [version]
    assert len(load_dataset(str(tmp_path / "dataset"), split="train")) == 8 * COPIES
    findings = check_dataset(open_parent(tmp_path), TINY_MODEL / "chat_template.jinja")
    assert {finding.level for finding in findings} == {"ok"}


def test_another_build_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "versions/.abc.unfinished/data").mkdir(parents=True)
    make_run(tmp_path).build()
    assert len(list((tmp_path / "versions").iterdir())) == 1
