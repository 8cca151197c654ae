"""`ovlt eval`: each model on each benchmark is a run without caption and without a dataset, in a folder of its own.

So it resumes like a run, and nothing is sent twice: replies are in the store. Scores are made of the runs' tables.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs
from rich.console import Console

import ovlt_data
from ovlt_data.answers import GRADER_VERSION
from ovlt_data.connect import store_folders
from ovlt_data.engine.request import identify
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Transport
from ovlt_data.evaluate.files import read_scores, write_scores
from ovlt_data.evaluate.parents import tell_missing
from ovlt_data.evaluate.score import Score, score_run
from ovlt_data.evaluate.show import render_overview
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.progress import PeopleConsole, show_progress
from ovlt_data.prompts import load_prompt
from ovlt_data.recipe import (
    Build,
    JudgeStep,
    Model,
    Problems,
    ReasonStep,
    Recipe,
    SampleCount,
    Sampling,
    find_recipe,
    load,
)
from ovlt_data.recipe.evaluate import JUDGE, BenchmarkSpec, EvalJudge, EvalModel, EvalRecipe
from ovlt_data.recipe.place import Place
from ovlt_data.serve.transport import resolve_embedded
from ovlt_data.session import Stop, run_async, speak
from ovlt_data.types import Say

RULE = f"ovlt's grader {GRADER_VERSION}"
HARNESS = f"ovlt {ovlt_data.__version__}"
SEVERAL = "-pass-at"
"""Ends the name of a folder that holds the samples of pass@k."""


class Task(Struct, frozen=True):
    """One model on one benchmark."""

    model: str
    benchmark: str
    reader: str
    """Whose own rule stands beside our grader."""
    once: Recipe
    """With a judge, where one is to speak."""
    several: Recipe | None


def eval_command(recipe: EvalRecipe, *, limit: int | None, out: Path, wait: float, as_json: bool) -> int:
    """`ovlt eval`; returns the exit status."""
    console, folder = PeopleConsole(), out.resolve()
    stop = Stop(say := speak(console))

    async def session() -> list[Score] | None:
        stop.listen()
        return await evaluate(
            recipe, limit=limit, out=folder, wait=wait, say=say, stopping=stop.stopping, console=console
        )

    try:
        scores = run_async(session())
    except asyncio.CancelledError:
        if not stop.status:
            raise
        return stop.status
    if scores is None:
        return stop.status
    print(json.dumps(msgspec.to_builtins(scores)) if as_json else render_overview(read_scores(folder / recipe.name)))
    for line in tell_missing(recipe.models, read_scores(folder / recipe.name)):
        say(line)
    say(f"Categories, pass@k and counts: {out / recipe.name}/scores.md, scores.csv and scores.json")
    return 0


async def evaluate(
    recipe: EvalRecipe,
    *,
    limit: int | None,
    out: Path,
    wait: float = 0.0,
    say: Say,
    stopping: asyncio.Event,
    console: Console | None = None,
    transports: Mapping[str, Transport] | None = None,
) -> list[Score] | None:
    """All scores, which then stand in `out`/NAME beside others of that name; None where it was told to stop."""
    folder, scores = out / recipe.name, list[Score]()
    for task in plan_tasks(recipe, out=out):
        for one in filter(None, (task.once, task.several)):
            say(f"{task.model} on {task.benchmark}" + (", several samples" if one is task.several else ""))
            options = Options(out=folder, name=one.name, limit=limit, wait=wait, build=False)
            tally = Tally()
            async with show_progress(tally, console or PeopleConsole()):
                ended = await run_recipe(one, options, tally=tally, say=say, stopping=stopping, transports=transports)
            if ended.state != "generated":
                return None
        scores += _score(task, folder)
    write_scores(folder, scores)
    return scores


def plan_tasks(recipe: EvalRecipe, *, out: Path) -> list[Task]:
    """Models on benchmarks, in the recipe's order."""
    return [_plan(recipe, name, benchmark, out=out) for name in recipe.models for benchmark in recipe.benchmarks]


def load_eval(name: str, overrides: Sequence[str]) -> EvalRecipe:
    return load(EvalRecipe, find_recipe(name), overrides)


def _plan(recipe: EvalRecipe, name: str, benchmark: BenchmarkSpec, *, out: Path) -> Task:
    model, several = recipe.models[name], recipe.pass_at
    again = model.model_copy(update={"sampling": several.sampling}) if several else None
    folder = f"{name}-{benchmark.source}"
    once = _make_recipe(recipe, name, model, benchmark, folder=folder, samples=1, out=out)
    return Task(
        name,
        benchmark.source,
        benchmark.reader,
        _add_judge(once, recipe.judge, benchmark),
        _make_recipe(recipe, name, again, benchmark, folder=folder + SEVERAL, samples=several.samples, out=out)
        if several and again
        else None,
    )


def _add_judge(once: Recipe, judge: EvalJudge | None, benchmark: BenchmarkSpec) -> Recipe:
    """It is asked of every answer, and stands beside what the rules say."""
    if judge is None or (judge.on is not None and benchmark.source not in judge.on):
        return once
    step = JudgeStep(model=JUDGE, prompt=judge.prompt, extract=judge.extract, of="all")
    return once.model_copy(update={"models": once.models | {JUDGE: judge}, "judge": step})


def _make_recipe(
    recipe: EvalRecipe, name: str, model: EvalModel, benchmark: BenchmarkSpec, *, folder: str, samples: int, out: Path
) -> Recipe:
    """A run that asks this model the benchmark's questions, with their pictures."""
    prompt = model.prompt or benchmark.question_form
    made = Recipe.model_validate(
        {
            "name": folder,
            "seed": recipe.seed,
            "models": {name: model},
            "problems": Problems(sources=[benchmark]),
            "reason": ReasonStep(model=name, prompt=prompt, samples=SampleCount(min=samples, max=samples)),
            "build": Build(kind="grpo"),
            "store": recipe.store,
            "stop": recipe.stop,
        },
        context=Place(recipe.path, os.environ),
    )
    return made.model_copy(update={"store": [str(path) for path in store_folders(made, beside=out.parent)]})


def _score(task: Task, folder: Path) -> list[Score]:
    prompt = _tell_prompt(task.once.reason.prompt, task.once) if task.once.reason else ""
    asked = {"prompt": prompt, "sampling": _tell_sampling(task), "harness": HARNESS}
    scores = score_run(
        folder / task.once.name,
        model=task.model,
        benchmark=task.benchmark,
        rule=RULE,
        official=task.reader,
        judge=_tell_judge(task.once),
        several=folder / task.several.name if task.several else None,
        samples=_count_samples(task.several) if task.several else 0,
    )
    weights = _tell_weights(task.once.models[task.model])
    return [structs.replace(score, weights=weights, **asked) for score in scores]


def _tell_weights(model: Model) -> str:
    return str(identify(resolve_embedded(model) if model.embedded else model))


def _tell_judge(recipe: Recipe) -> str:
    """Who judged, and in which words; empty where nobody did."""
    if (step := recipe.judge) is None:
        return ""
    prompts = [_tell_prompt(name, recipe) for name in (step.extract, step.prompt) if name is not None]
    return f"{_tell_weights(recipe.models[step.model])} ({', '.join(prompts)})"


def _tell_prompt(name: str, recipe: Recipe) -> str:
    """Its name, and the first digits of its hash."""
    shown = Path(name).stem if Path(name).is_absolute() else name
    return f"{shown} {load_prompt(name, beside=recipe.folder).sha256[:12]}"


def _tell_sampling(task: Task) -> str:
    runs = (task.once, task.several)
    return "; ".join(f"{_count_samples(run)} × {_tell(run.models[task.model].sampling)}" for run in runs if run)


def _count_samples(recipe: Recipe) -> int:
    return recipe.reason.samples.max if recipe.reason else 0


def _tell(sampling: Sampling) -> str:
    said = sampling.model_dump(exclude_defaults=True) | {"temperature": sampling.temperature}
    return ", ".join(f"{name} {value}" for name, value in said.items())
