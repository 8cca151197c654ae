"""The scores' files, which several evaluations may share: each replaces its own lines and leaves the others'.

So a model that is scored today stands beside the one that was scored yesterday under the same name, and two that are
scored at once lose nothing.
"""

import fcntl
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ovlt_data.evaluate.score import Score
from ovlt_data.evaluate.show import render_csv, render_markdown

SCORES = "scores.json"
LOCK = ".scores.lock"

Key = tuple[str, str]
"""Model and benchmark."""


def write_scores(folder: Path, scores: Sequence[Score]) -> None:
    """Put them among those that stand there, and write all files anew, each in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        runs = _by_run(read_scores(folder)) | _by_run(scores)
        together = [score for run in runs.values() for score in run]
        texts = {"scores.md": render_markdown(together), "scores.csv": render_csv(together)}
        texts[SCORES] = msgspec.json.format(msgspec.json.encode(together), indent=1).decode() + "\n"
        for name, text in texts.items():
            _replace(folder / name, text)


def read_scores(folder: Path) -> list[Score]:
    """All that stand there, none where there is no file yet."""
    path = folder / SCORES
    return msgspec.json.decode(path.read_bytes(), type=list[Score]) if path.exists() else []


def _by_run(scores: Sequence[Score]) -> dict[Key, list[Score]]:
    runs: dict[Key, list[Score]] = {}
    for score in scores:
        runs.setdefault((score.model, score.benchmark), []).append(score)
    return runs


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Until the other evaluation has written; that takes milliseconds."""
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
