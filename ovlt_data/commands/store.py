"""Commands that look after the response store."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the response store.")

StoreFolder = Annotated[
    Path | None, typer.Argument(metavar="[STORE]", help="Its folder; left out: OVLT_STORE, or ./store.")
]


@app.command("stats")
def store_stats(folder: StoreFolder = None) -> None:
    """Count files, replies, requests, bytes, and replies by model."""
    from ovlt_data.housekeeping import print_stats

    print_stats(folder)


@app.command("verify")
def store_verify(folder: StoreFolder = None) -> None:
    """See that every value decompresses and is what was written; exit status 1 if not."""
    from ovlt_data.housekeeping import verify_store

    raise typer.Exit(verify_store(folder))


@app.command("compact")
def store_compact(folder: StoreFolder = None) -> None:
    """Merge all files that no process holds into one."""
    from ovlt_data.housekeeping import compact_store

    compact_store(folder)


@app.command("gc")
def store_gc(
    folder: StoreFolder = None,
    runs: Annotated[Path, typer.Option(help="Folder of the runs whose replies are kept.")] = Path("runs"),
    yes: Annotated[bool, typer.Option("--yes", help="Delete; left out: only say what would go.")] = False,
) -> None:
    """Drop replies that no run under RUNS refers to, once told --yes."""
    from ovlt_data.housekeeping import collect_garbage

    collect_garbage(folder, runs=runs, really=yes)
