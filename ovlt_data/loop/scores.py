"""Steps that score a model, every one asked alike, and what they found."""

import json
from pathlib import Path

import msgspec

from ovlt_data.evaluate.score import Score
from ovlt_data.loop.ledger import Done, Facts
from ovlt_data.loop.work import Trained, Work, ask_ovlt, digest, serve_trained, set_key, settle
from ovlt_data.recipe import load
from ovlt_data.recipe.evaluate import EvalRecipe
from ovlt_data.recipe.loop import Evaluation

WHO = {"endpoint", "model", "revision", "checkpoint"}


async def evaluate(work: Work, model: Trained) -> None:
    """Score a model, if the loop scores at all."""
    evaluation = work.base.evaluate
    if evaluation is None:
        return
    name, recipe = f"score-{model.name}", load_evaluation(evaluation)
    inputs = {"model": str(model), "recipe": digest(recipe)}
    await work.ledger.once(name, inputs, lambda: _evaluate(work, name, evaluation, recipe, model))


def load_evaluation(evaluation: Evaluation) -> EvalRecipe:
    """Raises RecipeError where it is wrong."""
    settings = [set_key(key, value) for key, value in evaluation.set.items()]
    return load(EvalRecipe, Path(evaluation.recipe), settings)


def read_scores(done: Done) -> list[Score]:
    """Of whole benchmarks."""
    path = Path(str(done.result["scores"]))
    scores = msgspec.json.decode(path.read_bytes(), type=list[Score])
    return [score for score in scores if not score.category]


async def _evaluate(work: Work, name: str, evaluation: Evaluation, recipe: EvalRecipe, model: Trained) -> Facts:
    asked = next(iter(recipe.models.values()))
    said = asked.model_dump(by_alias=True, exclude_unset=True, exclude=WHO)
    async with serve_trained(work, model) as served:
        here = {"name": name, "models": {model.name: said | settle(served, model)}}
        settings = [set_key(key, value) for key, value in {**evaluation.set, **here}.items()]
        command = ["eval", evaluation.recipe, "--out", str(work.folder)]
        scores = await ask_ovlt(work, name, command, settings, beside=[served])
    path = work.folder / name / "scores.json"
    path.write_text(json.dumps(scores, indent=2) + "\n", "utf-8")
    return {"scores": str(path)}
