"""What the arms of a comparison are worth to a student: every version trained alike, scored beside the base model."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from ovlt_data.errors import RecipeError
from ovlt_data.evaluate.score import Score
from ovlt_data.evaluate.show import render_table
from ovlt_data.loop.iterate import check_evaluation, check_training
from ovlt_data.loop.ledger import Done
from ovlt_data.loop.scores import evaluate, find_scores
from ovlt_data.loop.trainings import train
from ovlt_data.loop.work import Dataset, Work, find_base
from ovlt_data.recipe.arms import ArmsRecipe, ArmsTraining
from ovlt_data.review import wilson

NOTE = (
    "Percent correct: the mean over seeds with Wilson's 95 percent interval for so many questions (the same ones for "
    "every student, so that seeds add none), then each seed's."
)


def check_students(recipe: ArmsRecipe) -> None:
    """Load the recipes of training and scoring; raises RecipeError before an arm is run."""
    training = recipe.train
    if training is None:
        return
    faults = [f"sft: {what}" for what in check_training(training.sft, "sft")]
    faults += [f"evaluate: {what}" for what in check_evaluation(training.evaluate)]
    if faults:
        raise RecipeError([f"{recipe.path}: train.{what}" for what in faults])


async def train_students(work: Work, training: ArmsTraining, arms: Mapping[str, Dataset]) -> None:
    """A student for each arm and seed; arms differ in their rows alone."""
    base = find_base(work.base)
    await evaluate(work, base)
    for arm, dataset in arms.items():
        for seed in training.seeds:
            name = name_student(arm, seed)
            student = await train(work, name, "sft", training.sft, model=base, dataset=dataset, seed=seed)
            await evaluate(work, student)


def read_arms(folder: Path) -> dict[str, Dataset]:
    """The versions that a comparison left in its folder, by arm."""
    arms = json.loads((folder / "arms.json").read_text("utf-8"))
    return {arm["arm"]: Dataset(arm["dataset"], arm["version"]) for arm in arms}


def render_students(training: ArmsTraining, arms: Sequence[str], done: Mapping[str, Done]) -> str:
    """A row for the base model and for each arm, a column for each benchmark."""
    students = {"base": ["base"], **{arm: [name_student(arm, seed) for seed in training.seeds] for arm in arms}}
    scores = {arm: [find_scores(done[f"score-{name}"]) for name in names] for arm, names in students.items()}
    benchmarks = [score.benchmark for score in scores["base"][0]]
    guesses = [score.guess for score in scores["base"][0]]
    rows = [["blind guess", *("–" if guess is None else f"{100 * guess:.1f}" for guess in guesses)]]
    rows += [[arm, *(_cell(scores[arm], place) for place in range(len(benchmarks)))] for arm in students]
    return f"{render_table(['student of', *benchmarks], rows)}\n\n{NOTE}"


def name_student(arm: str, seed: int) -> str:
    return f"{arm}-seed-{seed}"


def _cell(seeds: Sequence[Sequence[Score]], place: int) -> str:
    scores = [scores[place] for scores in seeds]
    accuracy, problems = mean(score.accuracy for score in scores), scores[0].problems
    low, high = wilson(round(accuracy * problems), problems)
    each = ", ".join(f"{100 * score.accuracy:.1f}" for score in scores)
    return f"{100 * accuracy:.1f} ({100 * low:.1f} to {100 * high:.1f}): {each}"
