"""Steps that make a dataset version: a run, with its models served, then a mixture of it."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from ovlt_data.errors import RecipeError
from ovlt_data.loop.ledger import Done, Facts
from ovlt_data.loop.serving import Served
from ovlt_data.loop.work import (
    Dataset,
    Trained,
    Work,
    ask_ovlt,
    digest,
    serve_model,
    serve_trained,
    settings_of,
    settle,
    step_seed,
)
from ovlt_data.recipe import Recipe, load, load_recipe, recipe_hash
from ovlt_data.recipe.loop import Making
from ovlt_data.recipe.mix import MixRecipe

NOWHERE = Served("http://127.0.0.1/v1", "generator", None)
"""Where a model is served is no part of what a recipe makes."""


async def make_dataset(work: Work, name: str, making: Making, *, generator: Trained) -> Dataset:
    """The step's version; `generator` is the model that was trained last."""
    made = await _make_run(work, name, making, generator) if making.run is not None else None
    if making.mix is None:
        assert made is not None, "a recipe says run or mix"
        return made
    return await _make_mixture(work, f"{name}-mix", making.mix, made)


def load_making(making: Making, *, seed: int | None, kind: str, generator: Trained) -> Recipe:
    """The recipe of its run as it will be run, but for where its models are served. Raises RecipeError."""
    recipe = load_recipe(Path(str(making.run)), _say(seed, making, _settle(making, NOWHERE, generator)))
    named = [*making.servers, *filter(None, [making.generator])]
    if unknown := [model for model in named if model not in recipe.models]:
        raise RecipeError([f"{recipe.path}: models: has no {unknown[0]}; there: {', '.join(recipe.models) or 'none'}"])
    if recipe.build.kind != kind:
        raise RecipeError([f"{recipe.path}: build.kind: is {recipe.build.kind}; expected {kind} for this step"])
    return recipe


async def _make_run(work: Work, name: str, making: Making, generator: Trained) -> Dataset:
    seed = step_seed(work.seed, name)
    recipe = load_recipe(Path(str(making.run)), _say(seed, making, _settle(making, NOWHERE, generator)))
    inputs = {"recipe": recipe_hash(recipe)} | ({"generator": str(generator)} if making.generator else {})
    return _read(await work.ledger.once(name, inputs, lambda: _run(work, name, making, recipe, generator)))


async def _make_mixture(work: Work, name: str, mix: str, made: Dataset | None) -> Dataset:
    settings = settings_of(step_seed(work.seed, name), {"from": [made.folder]} if made else {})
    inputs = {"recipe": digest(load(MixRecipe, Path(mix), settings))}

    async def mix_rows() -> Facts:
        return _facts(await ask_ovlt(work, name, ["mix", mix, *_into(work, name)], settings))

    return _read(await work.ledger.once(name, inputs, mix_rows))


async def _run(work: Work, name: str, making: Making, recipe: Recipe, generator: Trained) -> Facts:
    async with AsyncExitStack() as stack:
        servers: list[Served] = []
        said: dict[str, object] = {}
        for model, server in making.servers.items():
            where = recipe.models[model].model or model
            served = await stack.enter_async_context(serve_model(work, server, model=where, name=where))
            said[f"models.{model}.endpoint"] = served.url
            servers.append(served)
        if making.generator is not None:
            served = await stack.enter_async_context(serve_trained(work, generator))
            said |= _settle(making, served, generator)
            servers.append(served)
        command = ["run", str(making.run), *_into(work, name)]
        settings = _say(step_seed(work.seed, name), making, said)
        return _facts(await ask_ovlt(work, name, command, settings, beside=servers))


def _settle(making: Making, served: Served, generator: Trained) -> dict[str, object]:
    if making.generator is None:
        return {}
    return {f"models.{making.generator}.{key}": value for key, value in settle(served, generator).items()}


def _say(seed: int | None, making: Making, said: Mapping[str, object]) -> list[str]:
    return settings_of(seed, {**making.set, **said})


def _into(work: Work, name: str) -> list[str]:
    return ["--name", name, "--out", str(work.folder)]


def _facts(said: Mapping[str, object]) -> Facts:
    """The version itself: the run's `dataset` leads to its newest."""
    dataset = Path(str(said["dataset"])).resolve()
    return {"dataset": str(dataset), "version": str(said["version"]), "rows": int(str(said["rows"]))}


def _read(done: Done) -> Dataset:
    return Dataset(str(done.result["dataset"]), str(done.result["version"]))
