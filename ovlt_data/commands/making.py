"""Commands that make something: runs, mixtures, trainings, evaluations; and what they can be made from."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ovlt_data.commands.arguments import Json, Overrides, RecipeFile

app = typer.Typer()


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
    from ovlt_data.looping import train_arms_command
    from ovlt_data.session import arms_command

    said = overrides or []
    status = arms_command(recipe, said, name=name, out=out, limit=limit, as_json=as_json)
    raise typer.Exit(status or train_arms_command(recipe, said, name=name, out=out, as_json=as_json))


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
    judge: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Whose word on each answer is a further figure.")
    ] = None,
    judge_endpoint: Annotated[
        str, typer.Option(metavar="URL", help="Of the judge, up to /v1.")
    ] = "http://localhost:8001/v1",
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
    from ovlt_data.evaluate.words import recipe_of_words
    from ovlt_data.evaluating import eval_command, load_eval

    if on is None:
        recipe = load_eval(subject, overrides or [])
    else:
        recipe = recipe_of_words(
            subject,
            benchmarks=on,
            endpoint=endpoint,
            data=data,
            revision=revision,
            name=name,
            judge=judge,
            judge_endpoint=judge_endpoint,
            overrides=overrides or [],
        )
    raise typer.Exit(eval_command(recipe, limit=limit, out=out, wait=wait, as_json=as_json))


@app.command()
def loop(
    recipe: RecipeFile,
    overrides: Overrides = None,
    status: Annotated[bool, typer.Option("--status", help="Show where it stands, and start nothing.")] = False,
    name: Annotated[str | None, typer.Option(help="The loop's name; left out: the recipe's.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Generate, train and score, iteration after iteration; run it again to resume."""
    from ovlt_data.looping import loop_command

    raise typer.Exit(loop_command(recipe, overrides or [], name=name, out=out, status=status, as_json=as_json))


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
def sources() -> None:
    """List what problems can be read from."""
    from ovlt_data.session import list_sources

    list_sources()
