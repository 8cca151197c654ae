"""Steps that score a model, every one asked alike, and what they found."""

from pathlib import Path

from ovlt_data.evaluate.files import read_scores
from ovlt_data.evaluate.score import Score
from ovlt_data.loop.ledger import Done, Facts
from ovlt_data.loop.work import Trained, Work, ask_ovlt, digest, serve_trained, set_key, settle
from ovlt_data.recipe import load
from ovlt_data.recipe.evaluate import EvalRecipe
from ovlt_data.recipe.loop import Evaluation

SCORES = "scores"
WHO = {"endpoint", "model", "revision", "checkpoint"}


async def evaluate(work: Work, model: Trained) -> None:
    """Score a model, if the loop scores at all."""
    evaluation = work.evaluation
    if evaluation is None:
        return
    name, recipe = f"score-{model.name}", load_evaluation(evaluation)
    inputs = {"model": str(model), "recipe": digest(recipe)}
    await work.ledger.once(name, inputs, lambda: _evaluate(work, name, evaluation, recipe, model))


def load_evaluation(evaluation: Evaluation) -> EvalRecipe:
    """Raises RecipeError where it is wrong."""
    settings = [set_key(key, value) for key, value in evaluation.set.items()]
    return load(EvalRecipe, Path(evaluation.recipe), settings)


def find_scores(done: Done) -> list[Score]:
    """Of whole benchmarks, by the model that this step has scored."""
    scores = read_scores(Path(str(done.result["scores"])))
    return [score for score in scores if score.model == done.result["model"] and not score.category]


async def _evaluate(work: Work, name: str, evaluation: Evaluation, recipe: EvalRecipe, model: Trained) -> Facts:
    """All models share one folder, and so its tables."""
    asked = next(iter(recipe.models.values()))
    said = asked.model_dump(by_alias=True, exclude_unset=True, exclude=WHO)
    async with serve_trained(work, model) as served:
        here = {"name": SCORES, "models": {model.name: said | settle(served, model)}}
        settings = [set_key(key, value) for key, value in {**evaluation.set, **here}.items()]
        command = ["eval", evaluation.recipe, "--out", str(work.folder)]
        await ask_ovlt(work, name, command, settings, beside=[served])
    return {"scores": str(work.folder / SCORES), "model": model.name}
