"""The command line: what can be typed, and what the exit status says.

    0 done · 1 a bug, or nothing was built · 2 the recipe or the command line is wrong ·
    3 stopped by an endpoint or the environment, resumable · 5 budget reached, resumable ·
    130, 138, 143 interrupted, resumable

Commands import what they need when they run: `ovlt --help` answers at once.
"""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TextIO

import typer

from ovlt_data import __version__
from ovlt_data.commands import looking, making, store
from ovlt_data.errors import OvltError, StopError, UsageError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=None
)

app.add_typer(making.app)
app.add_typer(looking.app)
app.add_typer(store.app, name="store")

IN_THE_WAY = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE}
"""What the machine refuses, whoever asks: no fault of ours, and no reason to lose anything."""


def main() -> NoReturn:
    """Run the command line and exit with its status; errors that are meant for people come without a traceback."""
    _open_closed_streams()
    try:
        app(standalone_mode=True)
    except OvltError as error:
        print(f"ovlt: {error}", file=sys.stderr)
        sys.exit(exit_status(error))
    except OSError as error:
        if error.errno not in IN_THE_WAY:
            raise
        print(f"ovlt: {error}. Make room or give access, then run the same command again.", file=sys.stderr)
        sys.exit(3)
    sys.exit(0)


def exit_status(error: OvltError) -> int:
    """The exit status that an error stands for."""
    if isinstance(error, UsageError):
        return 2
    if isinstance(error, StopError):
        return 3
    return 1


def _open_closed_streams() -> None:
    """A stream that was closed before we came leads nowhere; else the next file or socket would take its number."""
    sys.stdin = sys.stdin or _open_nowhere("r")
    sys.stdout = sys.stdout or _open_nowhere("w")
    sys.stderr = sys.stderr or _open_nowhere("w")


def _open_nowhere(mode: Literal["r", "w"]) -> TextIO:
    return Path(os.devnull).open(mode)


@app.callback(invoke_without_command=True)
def ovlt(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Make vision-language reasoning datasets from models behind OpenAI-compatible endpoints."""
    if version:
        print(__version__)
        raise typer.Exit


if __name__ == "__main__":
    main()
