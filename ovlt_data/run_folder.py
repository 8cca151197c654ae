"""A run's folder: whose it is, and that only one process works in it.

A run replaces its tables, so a folder is taken only if it is new, empty, or a run's: those hold a lock file, which
names their recipe.
"""

import fcntl
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ovlt_data.errors import EnvironmentStop, UsageError

RUN_FILE = "run.json"
LOCK_FILE = ".lock"


@contextmanager
def open_run(out: Path, name: str, *, recipe_file: Path, shard: str | None = None) -> Generator[Path]:
    """Hold a run's folder, or that of one shard; it is made where it does not exist, refused if another recipe's.

    Shards work beside each other, but not beside the whole run, which would not see what they are writing.
    """
    if Path(name).name != name or name == "..":
        raise UsageError(f"--name {name}: expected the name of a folder, not a path; --out says where it stands")
    root = out / name
    with _take(root, recipe_file, shared=shard is not None):
        if shard is None:
            yield root
            return
        part = root / "shards" / shard
        with _take(part, recipe_file):
            yield part


def read_run(folder: Path) -> dict[str, Any]:
    """run.json of a run, empty where there is none yet."""
    path = folder / RUN_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_run(folder: Path, facts: Mapping[str, Any]) -> None:
    """Replace run.json as a whole."""
    unfinished = folder / f"{RUN_FILE}.unfinished"
    unfinished.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(folder / RUN_FILE)


@contextmanager
def _take(folder: Path, recipe_file: Path, *, shared: bool = False) -> Generator[None]:
    try:
        _refuse_strangers(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LOCK_FILE).touch()
        lock = (folder / LOCK_FILE).open("r+", encoding="utf-8")
    except OSError as error:
        raise EnvironmentStop(f"{folder}: can't be used: {error.strerror}; --out takes another folder") from error
    with lock:
        _hold(lock.fileno(), folder, shared=shared)
        _claim(lock, folder, recipe_file)
        yield


def _refuse_strangers(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / LOCK_FILE).exists():
        raise UsageError(f"{folder} is no run's folder and holds other files; give the run another --name or --out")


def _hold(lock: int, folder: Path, *, shared: bool) -> None:
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise EnvironmentStop(
            f"{folder}: another ovlt works in this run; wait for it or take another --name"
        ) from error
    except OSError as error:
        raise EnvironmentStop(
            f"{folder}: can't be locked ({error.strerror}); --out takes a folder on another file system"
        ) from error


def _claim(lock: IO[str], folder: Path, recipe_file: Path) -> None:
    """Write whose run it is into a new lock; shards that start together write the same over each other."""
    owner = lock.read()
    if not owner:
        lock.seek(0)
        lock.write(str(recipe_file))
        lock.flush()
    elif owner != str(recipe_file):
        raise UsageError(f"{folder} is the run of another recipe, {owner}; give this one a --name of its own")
