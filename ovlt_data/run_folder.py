"""A run's folder: whose it is, and that only one process works in it."""

import fcntl
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ovlt_data.errors import EnvironmentStop, UsageError

RUN_FILE = "run.json"


@contextmanager
def open_run(folder: Path, *, recipe_file: Path) -> Generator[Path]:
    """Hold a run's folder; it is made where it does not exist, and refused where it is another recipe's."""
    _check_owner(folder, recipe_file)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EnvironmentStop(
                f"{folder}: another ovlt works in this run; wait for it or take another --name"
            ) from error
        yield folder


def read_run(folder: Path) -> dict[str, Any]:
    """run.json of a run, empty where there is none yet."""
    path = folder / RUN_FILE
    if not path.exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def write_run(folder: Path, facts: Mapping[str, Any]) -> None:
    """Replace run.json as a whole."""
    unfinished = folder / f"{RUN_FILE}.unfinished"
    unfinished.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(folder / RUN_FILE)


def _check_owner(folder: Path, recipe_file: Path) -> None:
    owner = read_run(folder).get("recipe_file")
    if owner not in (None, str(recipe_file)):
        raise UsageError(f"{folder} is the run of another recipe, {owner}; give this one a --name of its own")
