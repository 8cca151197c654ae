"""A run on a disk that fills up: it stops with what to do, and goes on once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from child_run import PICTURES, SAMPLES, Server, finish, start, stored, write_recipe

PROBLEMS = 120
TOTAL = PICTURES + PROBLEMS * SAMPLES


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT TESTED: a run on a full disk (needs root and the right to mount a tmpfs)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_run_on_a_full_disk_stops_and_goes_on_when_there_is_room(
    tmp_path: Path, small_disk: Path, server: Server
) -> None:
    recipe = write_recipe(tmp_path, server.url, problems=PROBLEMS)
    undisturbed, folder = finish(recipe, tmp_path / "undisturbed"), small_disk / "run"
    with start(recipe, folder) as run:
        _, said = run.communicate()
    assert run.returncode == 3, said
    assert "run the same command again" in said
    kept, before = stored(folder, at=tmp_path), server.size()
    assert 0 < len(kept) < TOTAL

    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    resumed = finish(recipe, folder)
    held = stored(folder, at=tmp_path)
    assert not kept.keys() & set(server.asked()[before:]), "what was committed is not asked for again"
    assert kept.items() <= held.items()
    assert len(held) == TOTAL
    assert resumed["version"] == undisturbed["version"]
