"""`ovlt review`: samples one by one at the terminal, one key for each; every answer is written at once."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape

from ovlt_data.publish.account import complete_card
from ovlt_data.publish.parent import Parent, open_parent
from ovlt_data.report import write_report
from ovlt_data.review import Mark, Review, append_review, describe_finding, draw, read_reviews, summarise
from ovlt_data.tables import read_table

KEYS: Mapping[str, Mark] = {"r": "right", "w": "wrong", "s": "skip"}
QUIT = {"q", "", "\x03", "\x04"}


def review_run(run: Path, *, n: int, seed: int, by: str) -> None:
    """Ask about the samples that nobody has looked at, then tell what is known. The run needs a version."""
    version = open_parent(run)
    lineage = pl.read_parquet(version.folder / "lineage.parquet")
    paths = dict(read_table(run, "problems").select("id", "image_paths").iter_rows())
    console = Console()
    ask(draw(lineage, n, seed=seed), run, version, paths=paths, by=by, console=console, read_key=_read_key)
    for finding in summarise(lineage, read_reviews(run)):
        console.print(describe_finding(finding), markup=False, highlight=False, soft_wrap=True)
    complete_card(run, version.folder)
    if (run / "run.json").exists():
        write_report(run)


def ask(
    drawn: pl.DataFrame,
    run: Path,
    version: Parent,
    *,
    paths: Mapping[str, list[str]],
    by: str,
    console: Console,
    read_key: Callable[[], str],
) -> None:
    """Go through what was drawn until its end or `q`; `u` takes the last answer back."""
    done = read_reviews(run)
    rows = [row for row in drawn.to_dicts() if row["id"] not in done]
    place = 0
    while place < len(rows):
        row = rows[place]
        _show(row, f"{place + 1} of {len(rows)}", paths.get(row["problem_id"], []), console)
        key = read_key()
        if key in QUIT:
            return
        if key == "u" and place:
            place -= 1
            _write(run, rows[place], version, "undo", by)
        elif key in KEYS:
            _write(run, row, version, KEYS[key], by)
            place += 1


def _write(run: Path, row: Mapping[str, Any], version: Parent, mark: Mark, by: str) -> None:
    seen = version.manifest.version
    append_review(run, Review(id=row["id"], response_key=row["response_key"], version=seen, mark=mark, by=by))


def _show(row: Mapping[str, Any], count: str, paths: list[str], console: Console) -> None:
    fate = "kept" if row["kept"] else f"rejected: {row['rejected_for'] or 'with its problem'}"
    console.rule(f"{count} · {escape(row['source'])} · {escape(row['id'])} · {escape(fate)}")
    facts = {"question": row["question"], "choices": " | ".join(row["choices"] or []), "gold": row["answer"]}
    facts |= {"picture": " ".join(paths), "thought": row["reasoning"], "said": row["content"]}
    facts |= {"extracted": row["extracted"] or "nothing", "verdict": f"{row['status']} {row['reason'] or ''}"}
    for name, value in facts.items():
        if value:
            console.print(f"[bold]{name}[/bold] {escape(value)}", highlight=False, soft_wrap=True)
    console.print("is what it says right?  (r)ight  (w)rong  (s)kip  (u)ndo  (q)uit", markup=False)


def _read_key() -> str:
    """One key; of a pipe one character, its line ends passed over."""
    if sys.stdin.isatty():
        return typer.getchar()
    while (key := sys.stdin.read(1)).isspace():
        pass
    return key
