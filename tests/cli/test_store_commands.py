"""`ovlt store`: what is printed where, and what it refuses to throw away."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from child_run import PROBLEMS, SAMPLES, TOTAL, Server, finish, write_recipe

from ovlt_data.cli import main

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    """Type an `ovlt store` command; (exit status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def type_command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ovlt", "store", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return type_command


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "asked.jsonl")
    yield server
    server.close()


def test_replies_of_a_run_are_counted_verified_and_kept(typed: Typed, server: Server, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, server.url)
    finish(recipe, tmp_path)
    _, printed, _ = typed("stats")
    assert f"replies   {TOTAL}\n" in printed
    assert "  of fake" in printed
    assert typed("verify") == (0, "", "store: every value is what was written\n")
    assert typed("gc", "--yes")[1] == "dropped 0 replies to 0 requests\n"

    (tmp_path / "all").mkdir()
    (tmp_path / "runs").rename(tmp_path / "all/loop")
    told = typed("gc", "--yes", "--runs", "all")[1]
    assert told == "dropped 0 replies to 0 requests\n", "runs in the folder of a loop or an evaluation count"
    (tmp_path / "all/loop").rename(tmp_path / "runs")

    recipe.write_text(recipe.read_text().replace("revision: b", "revision: c"))
    shutil.rmtree(tmp_path / "runs/killed/versions")
    finish(recipe, tmp_path)
    _, printed, said = typed("gc")
    assert printed == f"would drop {PROBLEMS * SAMPLES} replies to {PROBLEMS} requests\n"
    assert "--yes" in said
    assert typed("gc", "--yes")[1].startswith("dropped")
    assert finish(recipe, tmp_path)["requests"] == 0


def test_what_is_damaged_is_printed_and_the_status_says_so(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/replies-1.sqlite").write_bytes(b"no database" * 100)
    status, printed, _ = typed("verify")
    assert status == 1
    assert "store/replies-1.sqlite: the file is damaged" in printed


def test_nothing_goes_where_no_run_is_or_one_is_unfinished(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    status, _, said = typed("gc", "--yes")
    assert (status, "holds no run" in said) == (2, True)
    (tmp_path / "runs/half").mkdir(parents=True)
    (tmp_path / "runs/half/run.json").write_text(json.dumps({"state": "interrupted"}))
    status, _, said = typed("gc", "--yes")
    assert (status, "runs/half: this run is interrupted" in said) == (2, True)
