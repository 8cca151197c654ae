"""The order of the steps, as in the paper: what each iteration makes, trains and scores stands here, and only here."""

from pathlib import Path

from ovlt_data.errors import RecipeError, UsageError
from ovlt_data.generate.run import plan_walk
from ovlt_data.loop.datasets import load_making, make_dataset
from ovlt_data.loop.scores import evaluate, load_evaluation
from ovlt_data.loop.trainings import Method, Task, load_training, train
from ovlt_data.loop.work import Dataset, Trained, Work, find_base, step_seed
from ovlt_data.recipe.loop import Evaluation, LoopRecipe, Making, Training

LATER = Trained(name="later", where="/later", identity={"checkpoint": "later"})
"""Stands for a model that an earlier step will have trained."""


async def iterate(work: Work, recipe: LoopRecipe) -> None:
    """All iterations. SFT starts from the base model every time; GRPO goes on from it, and makes the next data."""
    latest = base = find_base(work.base)
    await evaluate(work, base)
    problems = None
    for number, iteration in enumerate(recipe.iterations, 1):
        data = await make_dataset(work, f"data-{number}", iteration.data, generator=latest)
        latest = await _train(work, f"sft-{number}", "sft", iteration.sft, model=base, dataset=data)
        if iteration.problems is not None:
            problems = await make_dataset(work, f"problems-{number}", iteration.problems, generator=latest)
        if iteration.grpo is not None:
            assert problems is not None, "the recipe has them before its first GRPO"
            latest = await _train(work, f"grpo-{number}", "grpo", iteration.grpo, model=latest, dataset=problems)


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
        wrong = {"data": _check_making(iteration.data, "sft"), "sft": check_training(iteration.sft, "sft")}
        if iteration.problems is not None:
            wrong["problems"] = _check_making(iteration.problems, "grpo")
        if iteration.grpo is not None:
            wrong["grpo"] = check_training(iteration.grpo, "grpo")
        faults += [f"{recipe.path}: iterations.{number}.{key}: {what}" for key in wrong for what in wrong[key]]
    if recipe.evaluate is not None:
        faults += [f"{recipe.path}: evaluate: {what}" for what in check_evaluation(recipe.evaluate)]
    if faults:
        raise RecipeError(faults)


def check_training(training: Training, method: Method) -> list[str]:
    if training.recipe is None:
        return []
    later = Dataset("/later", "later")
    task = Task(
        name="later", method=method, training=training, model=LATER, dataset=later, output=Path("/later"), seed=0
    )
    try:
        load_training(task)
    except RecipeError as error:
        return [*error.problems]
    return []


def check_evaluation(evaluation: Evaluation) -> list[str]:
    try:
        load_evaluation(evaluation)
    except RecipeError as error:
        return [*error.problems]
    return []


async def _train(
    work: Work, name: str, method: Method, training: Training, *, model: Trained, dataset: Dataset
) -> Trained:
    """Trained, and scored."""
    seed = step_seed(work.seed, name)
    trained = await train(work, name, method, training, model=model, dataset=dataset, seed=seed)
    await evaluate(work, trained)
    return trained


def _name_making(name: str, making: Making) -> list[str]:
    return [*([name] if making.run else []), *([f"{name}-mix"] if making.mix else [])]


def _check_making(making: Making, kind: str) -> list[str]:
    """What is wrong with it; its prompts are read as well."""
    if making.run is None:
        return []
    try:
        plan_walk(load_making(making, seed=0, kind=kind, generator=LATER))
    except UsageError as error:
        return [*error.problems] if isinstance(error, RecipeError) else [str(error)]
    return []
