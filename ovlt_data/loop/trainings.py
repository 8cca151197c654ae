"""Steps that train: ours by a recipe, another trainer's by a command on an export of the dataset."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.loop.children import OVLT
from ovlt_data.loop.ledger import Facts
from ovlt_data.loop.serving import fill
from ovlt_data.loop.work import Dataset, Trained, Work, set_words, settings_of, step_seed
from ovlt_data.recipe import load
from ovlt_data.recipe.loop import LoopRecipe, Training
from ovlt_data.recipe.train import GrpoRecipe, SftRecipe

Method = Literal["sft", "grpo"]
RECIPES: Mapping[Method, type[SftRecipe | GrpoRecipe]] = {"sft": SftRecipe, "grpo": GrpoRecipe}


async def train(
    work: Work, name: str, method: Method, training: Training, *, model: Trained, dataset: Dataset
) -> Trained:
    """A model trained from `model`, in the loop's folder under the step's name."""
    output = work.folder / name
    inputs = {"model": str(model), "dataset": dataset.version, "training": _digest(work, name, training)}
    done = await work.ledger.once(name, inputs, lambda: _train(work, name, method, training, model, dataset, output))
    return Trained(name=name, where=str(output), identity={"checkpoint": str(done.result["checkpoint"])})


def load_training(
    loop: LoopRecipe, name: str, method: Method, training: Training, *, model: Trained, dataset: str, output: Path
) -> list[str]:
    """What is said otherwise than in its recipe. Raises RecipeError where the whole of it is wrong."""
    here = {"model": model.where, "dataset": dataset, "output": str(output)}
    revision = {key: value for key, value in model.identity.items() if key == "revision"}
    settings = settings_of(loop, name, {**training.set, **here, **revision})
    load(RECIPES[method], Path(str(training.recipe)), settings)
    return settings


async def _train(
    work: Work, name: str, method: Method, training: Training, model: Trained, dataset: Dataset, output: Path
) -> Facts:
    if training.recipe is None:
        command = await _prepare_foreign(work, name, training, model, dataset, output)
        said = shlex.join(command)
    else:
        settings = load_training(
            work.recipe, name, method, training, model=model, dataset=dataset.folder, output=output
        )
        words = ["train", method, training.recipe, "--gpus", str(training.gpus), *set_words(settings)]
        command, said = [*OVLT, *words], shlex.join(["ovlt", *words])
    log = work.logs / f"{name}.log"
    work.say(f"{name}: {said}\n{' ' * len(name)}  its words: {log}")
    await work.crew.call(name, command, answer=None, log=log)
    return {"folder": str(output), "checkpoint": checkpoint_hash(output)}


async def _prepare_foreign(
    work: Work, name: str, training: Training, model: Trained, dataset: Dataset, output: Path
) -> list[str]:
    """Another trainer's command, the dataset written in its form; an export's folder appears whole."""
    export = work.folder / f"{name}-{training.export}"
    if training.export is not None and not export.exists():
        words = ["export", dataset.folder, "--to", training.export, "--out", str(export)]
        await work.crew.call(f"{name}-export", [*OVLT, *words], answer=None, log=work.logs / f"{name}-export.log")
    return fill(
        str(training.command),
        model=model.where,
        dataset=dataset.folder,
        export=str(export),
        output=str(output),
        seed=str(step_seed(work.recipe, name) or 0),
    )


def _digest(work: Work, name: str, training: Training) -> str:
    """Of what decides about the weights beside model and dataset."""
    recipe = Path(training.recipe).read_text("utf-8") if training.recipe else ""
    said = [recipe, training.model_dump(exclude={"recipe"}), step_seed(work.recipe, name)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
