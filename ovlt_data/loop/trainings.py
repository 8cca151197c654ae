"""Steps that train: ours by a recipe, another trainer's by a command on an export of the dataset."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.loop.children import OVLT
from ovlt_data.loop.ledger import Facts
from ovlt_data.loop.serving import fill
from ovlt_data.loop.work import Dataset, Trained, Work, set_words, settings_of
from ovlt_data.recipe import load
from ovlt_data.recipe.loop import Training
from ovlt_data.recipe.train import GrpoRecipe, SftRecipe

Method = Literal["sft", "grpo"]
RECIPES: Mapping[Method, type[SftRecipe | GrpoRecipe]] = {"sft": SftRecipe, "grpo": GrpoRecipe}


class Task(Struct, frozen=True, kw_only=True):
    """One training."""

    name: str
    method: Method
    training: Training
    model: Trained
    dataset: Dataset
    output: Path
    seed: int | None


async def train(
    work: Work, name: str, method: Method, training: Training, *, model: Trained, dataset: Dataset, seed: int | None
) -> Trained:
    """A model trained from `model`, in the work's folder under the step's name."""
    output = work.folder / name
    task = Task(name=name, method=method, training=training, model=model, dataset=dataset, output=output, seed=seed)
    inputs = {"model": str(model), "dataset": dataset.version, "training": _digest(task)}
    done = await work.ledger.once(name, inputs, lambda: _train(work, task))
    return Trained(name=name, where=str(output), identity={"checkpoint": str(done.result["checkpoint"])})


def load_training(task: Task) -> list[str]:
    """What is said otherwise than in its recipe. Raises RecipeError where the whole of it is wrong."""
    here = {"model": task.model.where, "dataset": task.dataset.folder, "output": str(task.output)}
    revision = {key: value for key, value in task.model.identity.items() if key == "revision"}
    settings = settings_of(task.seed, {**task.training.set, **here, **revision})
    load(RECIPES[task.method], Path(str(task.training.recipe)), settings)
    return settings


async def _train(work: Work, task: Task) -> Facts:
    if task.training.recipe is None:
        command = await _prepare_other(work, task)
        said = shlex.join(command)
    else:
        gpus = ["--gpus", str(task.training.gpus)]
        words = ["train", task.method, task.training.recipe, *gpus, *set_words(load_training(task))]
        command, said = [*OVLT, *words], shlex.join(["ovlt", *words])
    log = work.logs / f"{task.name}.log"
    work.say(f"{task.name}: {said}\n{' ' * len(task.name)}  its words: {log}")
    await work.crew.call(task.name, command, answer=None, log=log)
    return {"folder": str(task.output), "checkpoint": checkpoint_hash(task.output)}


async def _prepare_other(work: Work, task: Task) -> list[str]:
    """Another trainer's command, the dataset written in its form; an export's folder appears whole."""
    trainer = task.training.export
    export = work.folder / f"{task.name}-{trainer}"
    if trainer is not None and not export.exists():
        words = ["export", task.dataset.folder, "--to", trainer, "--out", str(export)]
        name = f"{task.name}-export"
        await work.crew.call(name, [*OVLT, *words], answer=None, log=work.logs / f"{name}.log")
    return fill(
        str(task.training.command),
        model=task.model.where,
        dataset=task.dataset.folder,
        export=str(export),
        output=str(task.output),
        seed=str(task.seed or 0),
    )


def _digest(task: Task) -> str:
    """Of what decides about the weights beside model and dataset."""
    recipe = Path(task.training.recipe).read_text("utf-8") if task.training.recipe else ""
    said = [recipe, task.training.model_dump(exclude={"recipe"}), task.seed]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
