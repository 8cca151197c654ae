"""Commands that look at what was made, and pass it on."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ovlt_data.commands.arguments import Json

app = typer.Typer()


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN|DATASET", help="A run's or a version's folder.")],
) -> None:
    """Write one HTML page about a run or a dataset version."""
    from ovlt_data.report import write_report

    print(write_report(folder))


@app.command()
def review(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run that has built a version.")],
    n: Annotated[int, typer.Option("-n", min=1, help="Samples to look at.")] = 100,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    by: Annotated[str, typer.Option("--as", help="The reviewer's name.")] = "",
) -> None:
    """Mark a draw of kept and rejected samples as right or wrong, and learn how precise curation is."""
    from ovlt_data.reviewing import review_run

    review_run(folder, n=n, seed=seed, by=by)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A run or a version.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    as_json: Json = False,
) -> None:
    """Compare two versions: rows, verdicts, sources, recipes, lineage."""
    from ovlt_data.versions import print_diff

    print_diff(before, after, as_json=as_json)


@app.command()
def trace(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A run or a version.")],
    name: Annotated[str, typer.Argument(metavar="ID", help="Of a row or of a problem.")],
    runs: Annotated[Path, typer.Option(help="Folder in which ancestors are looked for.")] = Path("runs"),
    curl: Annotated[bool, typer.Option("--curl", help="Print the request of its sample, to be sent again.")] = False,
    as_json: Json = False,
) -> None:
    """Follow one row back: problem, caption, samples, verdicts, prompts, models, parents."""
    from ovlt_data.versions import print_trace

    print_trace(dataset, name, runs=runs, curl=curl, as_json=as_json)


@app.command()
def grade(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSONL with prediction and answer; - is standard input.")
    ],
    compare: Annotated[
        str,
        typer.Option(metavar="NAME,…", help="Other graders beside ours: paper, math-verify, official:mathvista, …"),
    ] = "",
) -> None:
    """Grade predictions: JSONL to standard output, a summary to standard error."""
    from ovlt_data.session import grade_command

    raise typer.Exit(grade_command(file, compare=compare))


@app.command()
def export(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A run or a version.")],
    to: Annotated[Literal["trl", "llamafactory", "easyr1", "verl", "ms-swift"], typer.Option(help="The trainer.")],
    out: Annotated[Path | None, typer.Option(help="A folder to be made; left out: NAME-TRAINER.")] = None,
    max_pixels: Annotated[int, typer.Option(min=1, help="Pixel cap in the trainer's configuration.")] = 262144,
) -> None:
    """Write a version in the columns of a trainer, with the reward and configuration that it needs."""
    from ovlt_data.versions import export as write

    write(dataset, to, out=out, max_pixels=max_pixels)


@app.command()
def push(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A run or a version.")],
    repo: Annotated[str, typer.Argument(metavar="USER/REPO", help="The Hub dataset; made where there is none.")],
    private: Annotated[bool, typer.Option("--private", help="Make it a private one.")] = False,
    tag: Annotated[str | None, typer.Option(help="A tag beside the version's own.")] = None,
    as_json: Json = False,
) -> None:
    """Put a version onto the Hub in one commit; push again to go on."""
    from ovlt_data.versions import push as send

    send(dataset, repo, private=private, tag=tag, as_json=as_json)
