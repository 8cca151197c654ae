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
from ovlt_data.errors import OvltError, StopError, UsageError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=None
)

IN_THE_WAY = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE}
"""What the machine refuses, whoever asks: no fault of ours, and no reason to lose anything."""

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe's file, or the name of a shipped one.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one key, as in build.kind=grpo. Repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output and nothing else there.")]


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


@app.command()
def run(
    recipe: RecipeFile,
    overrides: Overrides = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many problems per source.")] = None,
    retry: Annotated[str, typer.Option(metavar="KIND,…", help="Lasting failures to try again, by kind.")] = "",
    name: Annotated[str | None, typer.Option(help="The run's name; left out: the recipe's.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait so long for servers that are still loading.")
    ] = 0.0,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Generate for the I-th of N parts only; then run without it to gather."),
    ] = None,
    metrics: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="Figures for Prometheus on 127.0.0.1; 0 takes a free port."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Generate, curate and build; run it again to resume."""
    from ovlt_data.session import run_command

    kinds = frozenset(kind for kind in retry.split(",") if kind)
    status = run_command(
        recipe,
        overrides or [],
        limit=limit,
        retry=kinds,
        name=name,
        out=out,
        wait=wait,
        shard=shard,
        metrics=metrics,
        as_json=as_json,
    )
    raise typer.Exit(status)


@app.command()
def check(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE|DATASET", help="A recipe, or the folder of a version.")],
    overrides: Overrides = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no endpoint and no Hub.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Look at so many problems per source.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="Of a version: a model's folder, whose chat template is tried.")
    ] = None,
) -> None:
    """Verify recipe, prompts, data, golds, endpoints, identity, vision and reasoning before anything is spent.

    Or a dataset version: its id, schema, pictures, roles, answers, and one row in a chat template.
    """
    if recipe.is_dir():
        from ovlt_data.versions import print_dataset_check

        raise typer.Exit(print_dataset_check(recipe, model=model))
    from ovlt_data.session import check_command

    raise typer.Exit(check_command(recipe, overrides or [], offline=offline, limit=limit))


@app.command()
def plan(
    recipe: RecipeFile,
    overrides: Overrides = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many problems per source.")] = None,
    as_json: Json = False,
) -> None:
    """Walk some problems, and predict what the run will take: requests, tokens, cost, hours, disk."""
    from ovlt_data.planning import plan_command

    raise typer.Exit(plan_command(recipe, overrides or [], limit=limit, as_json=as_json))


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
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN|DATASET", help="A run's or a version's folder.")],
) -> None:
    """Write one HTML page about a run or a dataset version."""
    from ovlt_data.report import write_report

    print(write_report(folder))


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
def serve(
    model: Annotated[
        Path | None, typer.Argument(metavar="[MODEL]", help="A model's folder; left out: the tiny one.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8000,
) -> None:
    """Serve a model with the embedded server, for trying things out; not for production."""
    from ovlt_data.serve.embedded import TINY_MODEL, serve_here

    serve_here(model or TINY_MODEL, host=host, port=port)


@app.command()
def mix(
    recipe: RecipeFile,
    overrides: Overrides = None,
    name: Annotated[str | None, typer.Option(help="The mixture's name; left out: the recipe's.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Make a dataset version from others, by quotas and difficulty; nothing is sent."""
    from ovlt_data.session import mix_command

    mix_command(recipe, overrides or [], name=name, out=out, as_json=as_json)


@app.command()
def arms(
    recipe: RecipeFile,
    overrides: Overrides = None,
    name: Annotated[str | None, typer.Option(help="The comparison's name; left out: the recipe's.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many problems per source.")] = None,
    as_json: Json = False,
) -> None:
    """Run one recipe in several ways from one store, and compare what comes out."""
    from ovlt_data.session import arms_command

    raise typer.Exit(arms_command(recipe, overrides or [], name=name, out=out, limit=limit, as_json=as_json))


@app.command()
def train(
    method: Annotated[Literal["sft", "grpo"], typer.Argument(metavar="sft|grpo", show_default=False)],
    recipe: RecipeFile,
    overrides: Overrides = None,
    gpus: Annotated[int, typer.Option(min=1, help="Processes, one to a GPU.")] = 1,
) -> None:
    """Train a model on a dataset version; run it again to resume."""
    from ovlt_data.training import train as start

    start(method, recipe, overrides or [], gpus=gpus)


@app.command("eval")
def evaluate(
    subject: Annotated[
        str, typer.Argument(metavar="RECIPE|MODEL", help="A recipe; with --on, a model's id or folder.")
    ],
    overrides: Overrides = None,
    on: Annotated[str | None, typer.Option(metavar="NAME,…", help="Benchmarks, for a model.")] = None,
    endpoint: Annotated[str, typer.Option(metavar="URL", help="Of the model, up to /v1.")] = "http://localhost:8000/v1",
    revision: Annotated[str | None, typer.Option(help="Hub commit that the server runs.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with one for each benchmark; left out: the Hub.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many problems per benchmark.")] = None,
    name: Annotated[str | None, typer.Option(help="Of a model's evaluation; left out: eval-MODEL.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait so long for a server that is loading.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Score models on benchmarks, by category; run it again to resume."""
    from ovlt_data.evaluating import eval_command, load_eval, recipe_of_words

    if on is None:
        recipe = load_eval(subject, overrides or [])
    else:
        recipe = recipe_of_words(subject, benchmarks=on, endpoint=endpoint, data=data, revision=revision, name=name)
    raise typer.Exit(eval_command(recipe, limit=limit, out=out, wait=wait, as_json=as_json))


@app.command()
def sources() -> None:
    """List what problems can be read from."""
    from ovlt_data.session import list_sources

    list_sources()


store = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the response store.")
app.add_typer(store, name="store")

StoreFolder = Annotated[
    Path | None, typer.Argument(metavar="[STORE]", help="Its folder; left out: OVLT_STORE, or ./store.")
]


@store.command("stats")
def store_stats(folder: StoreFolder = None) -> None:
    """Count files, replies, requests, bytes, and replies by model."""
    from ovlt_data.housekeeping import print_stats

    print_stats(folder)


@store.command("verify")
def store_verify(folder: StoreFolder = None) -> None:
    """See that every value decompresses and is what was written; exit status 1 if not."""
    from ovlt_data.housekeeping import verify_store

    raise typer.Exit(verify_store(folder))


@store.command("compact")
def store_compact(folder: StoreFolder = None) -> None:
    """Merge all files that no process holds into one."""
    from ovlt_data.housekeeping import compact_store

    compact_store(folder)


@store.command("gc")
def store_gc(
    folder: StoreFolder = None,
    runs: Annotated[Path, typer.Option(help="Folder of the runs whose replies are kept.")] = Path("runs"),
    yes: Annotated[bool, typer.Option("--yes", help="Delete; left out: only say what would go.")] = False,
) -> None:
    """Drop replies that no run under RUNS refers to, once told --yes."""
    from ovlt_data.housekeeping import collect_garbage

    collect_garbage(folder, runs=runs, really=yes)


if __name__ == "__main__":
    main()
