"""The order of the steps, as in the paper: what each iteration makes, trains and scores stands here, and only here."""

from pathlib import Path

from ovlt_data.errors import RecipeError, UsageError
from ovlt_data.generate.run import plan_walk
from ovlt_data.loop.datasets import load_making, make_dataset
from ovlt_data.loop.scores import evaluate, load_evaluation
from ovlt_data.loop.trainings import Method, load_training, train
from ovlt_data.loop.work import Trained, Work, find_base
from ovlt_data.recipe.loop import LoopRecipe, Making, Training

LATER = Trained(name="later", where="/later", identity={"checkpoint": "later"})
"""Stands for a model that an earlier step will have trained."""


async def iterate(work: Work) -> None:
    """All iterations. SFT starts from the base model every time; GRPO goes on from it, and makes the next data."""
    latest = base = find_base(work.recipe)
    await evaluate(work, base)
    problems = None
    for number, iteration in enumerate(work.recipe.iterations, 1):
        data = await make_dataset(work, f"data-{number}", iteration.data, generator=latest)
        latest = await train(work, f"sft-{number}", "sft", iteration.sft, model=base, dataset=data)
        await evaluate(work, latest)
        if iteration.problems is not None:
            problems = await make_dataset(work, f"problems-{number}", iteration.problems, generator=latest)
        if iteration.grpo is not None:
            assert problems is not None, "the recipe has them before its first GRPO"
            latest = await train(work, f"grpo-{number}", "grpo", iteration.grpo, model=latest, dataset=problems)
            await evaluate(work, latest)


def name_steps(recipe: LoopRecipe) -> list[str]:
    """All steps of the recipe, in the order of `iterate`."""
    scored = recipe.evaluate is not None
    names = ["score-base"] if scored else []
    for number, iteration in enumerate(recipe.iterations, 1):
        names += _name_making(f"data-{number}", iteration.data)
        names += [f"sft-{number}", *([f"score-sft-{number}"] if scored else [])]
        if iteration.problems is not None:
            names += _name_making(f"problems-{number}", iteration.problems)
        if iteration.grpo is not None:
            names += [f"grpo-{number}", *([f"score-grpo-{number}"] if scored else [])]
    return names


def check_loop(recipe: LoopRecipe) -> None:
    """Load every step's recipe as it will be; raises RecipeError with all that is wrong, before anything is started."""
    faults: list[str] = []
    for number, iteration in enumerate(recipe.iterations):
        where = f"{recipe.path}: iterations.{number}"
        faults += _check_making(recipe, f"{where}.data", iteration.data, "sft")
        faults += _check_training(recipe, f"{where}.sft", iteration.sft, "sft")
        if iteration.problems is not None:
            faults += _check_making(recipe, f"{where}.problems", iteration.problems, "grpo")
        if iteration.grpo is not None:
            faults += _check_training(recipe, f"{where}.grpo", iteration.grpo, "grpo")
    if recipe.evaluate is not None:
        try:
            load_evaluation(recipe.evaluate)
        except RecipeError as error:
            faults += [f"{recipe.path}: evaluate: {problem}" for problem in error.problems]
    if faults:
        raise RecipeError(faults)


def _name_making(name: str, making: Making) -> list[str]:
    return [*([name] if making.run else []), *([f"{name}-mix"] if making.mix else [])]


def _check_making(recipe: LoopRecipe, where: str, making: Making, kind: str) -> list[str]:
    if making.run is None:
        return []
    try:
        plan_walk(load_making(recipe, "check", making, kind=kind, generator=LATER))  # which reads its prompts
    except RecipeError as error:
        return [f"{where}: {problem}" for problem in error.problems]
    except UsageError as error:
        return [f"{where}: {error}"]
    return []


def _check_training(recipe: LoopRecipe, where: str, training: Training, method: Method) -> list[str]:
    if training.recipe is None:
        return []
    try:
        load_training(recipe, "check", method, training, model=LATER, dataset="/later", output=Path("/later"))
    except RecipeError as error:
        return [f"{where}: {problem}" for problem in error.problems]
    return []
