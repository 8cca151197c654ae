"""`ovlt push` with the real clients against a Hub of ours: whole commits, tags, faults, kills, rows that load."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from a_run import Run, make_run
from fake_hub import TOKEN, Served, serve_hub
from msgspec.structs import replace

from ovlt_data.errors import UsageError
from ovlt_data.publish.account import complete_card
from ovlt_data.publish.parent import open_parent
from ovlt_data.publish.push import push_version
from ovlt_data.review import Review, append_review

REPO = "someone/shapes"
OVLT = [sys.executable, "-c", "from ovlt_data.cli import main; main()"]
LOAD = f"""
import datasets, json
rows = datasets.load_dataset("{REPO}", split="train", revision=REVISION)
print(json.dumps([len(rows), rows[0]["id"], rows[0]["images"][0].size]))
"""


def environment(hub: Served, folder: Path, **more: str) -> dict[str, str]:
    """Xet is switched off: its storage has no server that we could run."""
    ours = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"), "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
    return os.environ | ours | {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "0"} | more


def push(hub: Served, run: Run, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [*OVLT, "push", str(run.folder), REPO, "--json", *options]
    env = environment(hub, run.folder, **more)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


def pushed(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def made(folder: Path, **keys: Any) -> Run:
    run = make_run(folder, **keys)
    run.build()
    return run


def test_a_version_is_one_commit_with_its_tags_and_loads_again(tmp_path: Path) -> None:
    run = made(tmp_path)
    with serve_hub() as hub:
        said = pushed(push(hub, run, "--tag", "first"))
        state = hub.state()
        script = LOAD.replace("REVISION", repr(said["version"]))
        loaded = subprocess.check_output([sys.executable, "-c", script], env=environment(hub, tmp_path), text=True)
    commits = state["commits"][REPO]
    assert len(commits) == 2  # the empty one that a repository begins with
    assert set(commits[-1][1]) >= {"README.md", "ovlt.json", "recipe.yaml", "lineage.parquet", "rejected.parquet"}
    assert state["tags"][REPO] == {said["version"]: commits[-1][0], "first": commits[-1][0]}
    assert json.loads(loaded.splitlines()[-1]) == [8, "p1/0", [56, 56]]


def test_a_card_that_a_review_has_completed_is_pushed_alone(tmp_path: Path) -> None:
    run = made(tmp_path)
    version = open_parent(tmp_path)
    with serve_hub() as hub:
        first = pushed(push(hub, run))
        append_review(tmp_path, Review(id="p1/0", response_key="p10", version=first["version"], mark="right"))
        complete_card(tmp_path, version.folder)
        second, third = pushed(push(hub, run)), pushed(push(hub, run))
        _, before, after = hub.state()["commits"][REPO]
    assert (second["new"], second["version"], third["new"]) == (True, first["version"], False)
    assert {name for name in after[1] if before[1].get(name) != after[1][name]} == {"README.md"}


def test_a_version_that_stands_there_makes_no_commit_and_another_replaces_its_files(tmp_path: Path) -> None:
    run = made(tmp_path)
    with serve_hub() as hub:
        first = pushed(push(hub, run))
        again = pushed(push(hub, run))
        run.recipe = make_run(tmp_path / "other", steps=[{"select": "shortest"}]).recipe
        run.build()
        other = pushed(push(hub, run))
        commits = hub.state()["commits"][REPO]
    assert (first["new"], again["new"], other["new"]) == (True, False, True)
    assert [len(commits), commits[1][0], commits[2][0]] == [3, first["commit"], other["commit"]]
    assert len([path for path in commits[2][1] if path.startswith("data/")]) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(("commit", 412, 1), id="head-moved"),
        pytest.param(("commit", 503, 1), id="commit-unavailable"),
        pytest.param(("lfs/", 500, 1), id="upload-failed"),
        pytest.param(("preupload", 429, 1), id="too-many-requests"),
        pytest.param(("lfs/", 0, 1), id="upload-cut"),
        pytest.param(("tag/", 502, 1), id="tag-failed"),
    ],
)
def test_what_may_pass_is_tried_again(tmp_path: Path, fault: tuple[str, int, int]) -> None:
    run = made(tmp_path)
    with serve_hub() as hub:
        hub.fail(fault)
        said = pushed(push(hub, run))
        state = hub.state()
    assert len(state["commits"][REPO]) == 2
    assert said["version"] in state["tags"][REPO]


def test_rows_whose_licence_keeps_them_are_not_passed_on(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.provenance = replace(run.provenance, restricted=("shapes",))
    version = open_parent(run.build().path)
    with pytest.raises(UsageError, match=r"rows of shapes, .* build with build.redistribute: \['shapes'\]"):
        push_version(version, REPO)


def test_no_access_is_told_and_the_token_is_not(tmp_path: Path) -> None:
    run = made(tmp_path)
    with serve_hub() as hub:
        done = push(hub, run, HF_TOKEN="hf_secretbutwrong")
    assert done.returncode == 3
    assert "401" in done.stderr
    assert "secretbutwrong" not in done.stdout + done.stderr
    assert not [path for path in run.folder.rglob("*") if path.is_file() and b"secretbutwrong" in path.read_bytes()]


def test_pushes_killed_at_any_moment_leave_no_half_commit(tmp_path: Path) -> None:
    run, draw = made(tmp_path), random.Random(0)
    command = [*OVLT, "push", str(run.folder), REPO]
    with serve_hub(delay=0.05) as hub:
        for _ in range(15):
            with subprocess.Popen(command, env=environment(hub, tmp_path), stderr=subprocess.DEVNULL) as process:
                time.sleep(draw.uniform(0.8, 2.0))
                process.send_signal(signal.SIGKILL)
            assert whole(hub)
        said = pushed(push(hub, run))
        state = hub.state()
    assert len(state["commits"][REPO]) == 2
    assert state["tags"][REPO] == {said["version"]: said["commit"]}


def whole(hub: Served) -> bool:
    """The head has nothing, or everything."""
    commits = hub.state()["commits"].get(REPO, [["", {}]])
    return len(commits[-1][1]) in {0, 7}
