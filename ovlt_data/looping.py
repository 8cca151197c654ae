"""`ovlt loop`, and the training half of `ovlt arms`: steps in a folder of their own, taken up where they stood."""

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ovlt_data.errors import EnvironmentStop, StopError, UsageError
from ovlt_data.loop.children import LOCK, Crew, StepEnded
from ovlt_data.loop.guard import GOODBYE
from ovlt_data.loop.iterate import check_loop, iterate
from ovlt_data.loop.ledger import Ledger, read_ledger
from ovlt_data.loop.show import render_models, render_steps
from ovlt_data.loop.students import read_arms, render_students, train_students
from ovlt_data.loop.work import Work
from ovlt_data.progress import PeopleConsole
from ovlt_data.recipe import RecipeFile, find_recipe, load
from ovlt_data.recipe.arms import ArmsRecipe
from ovlt_data.recipe.loop import Base, Evaluation, LoopRecipe
from ovlt_data.run_folder import open_run, read_run
from ovlt_data.session import Stop, run_async, speak

PAUSE = 0.2


def loop_command(
    recipe_file: Path, overrides: Sequence[str], *, name: str | None, out: Path, status: bool, as_json: bool
) -> int:
    """`ovlt loop`; returns the exit status: that of a step that did not come to its end, or 128 + a signal's number."""
    recipe = load(LoopRecipe, find_recipe(str(recipe_file)), overrides)
    folder = out.resolve() / (name or recipe.name)
    if status:
        _show_status(recipe, folder, as_json=as_json)
        return 0
    check_loop(recipe)
    with _open(out, name or recipe.name, recipe) as folder:
        ended = _conduct(recipe, recipe.evaluate, recipe.seed, folder, lambda work: iterate(work, recipe))
        if ended == 0:
            _finish(recipe, folder, as_json=as_json)
    return ended


def train_arms_command(
    recipe_file: Path, overrides: Sequence[str], *, name: str | None, out: Path, as_json: bool
) -> int:
    """The second half of `ovlt arms`, where the recipe trains: a student for each arm and seed; the exit status."""
    recipe = load(ArmsRecipe, find_recipe(str(recipe_file)), overrides)
    training = recipe.train
    if training is None:
        return 0
    with _open(out, name or recipe.name, recipe) as folder:
        arms = read_arms(folder)
        ended = _conduct(training, training.evaluate, None, folder, lambda work: train_students(work, training, arms))
        if ended == 0:
            table = render_students(training, [*arms], read_ledger(folder))
            (folder / "students.md").write_text(f"{table}\n", encoding="utf-8")
            if not as_json:
                print(f"\n{table}")
    return ended


@contextmanager
def _open(out: Path, name: str, recipe: RecipeFile) -> Generator[Path]:
    """A folder of its own, and the store that runs beside it would use."""
    with open_run(out.resolve(), name, recipe_file=recipe.path) as folder:
        os.environ.setdefault("OVLT_STORE", str(out.resolve().parent / "store"))
        _outlive_children(folder / LOCK)
        (folder / "logs").mkdir(exist_ok=True)
        yield folder


def _conduct(
    base: Base, evaluation: Evaluation | None, seed: int | None, folder: Path, steps: Callable[[Work], Awaitable[None]]
) -> int:
    """Do the steps, listening for signals; the exit status."""
    stop = Stop(say := speak(PeopleConsole()))

    async def session() -> None:
        stop.listen()
        crew = Crew(folder, stop.stopping)
        await steps(Work(base, evaluation, seed, folder, crew, Ledger(folder), say, stop.stopping))

    try:
        run_async(session())
    except (StopError, asyncio.CancelledError) as error:
        if stop.status:
            say("Stopped. The same command goes on; no finished step is done again.")
            return stop.status
        if isinstance(error, StepEnded):
            say(f"ovlt: {error}")
            return error.status
        raise
    return 0


def _outlive_children(lock: Path) -> None:
    """A loop that was killed leaves its guards a few seconds to end their commands."""
    lock.touch()
    until = time.monotonic() + 3 * GOODBYE
    with lock.open() as file:
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(PAUSE)
            else:
                return
    raise EnvironmentStop(f"{lock}: commands of an earlier loop still run; end them first (`fuser {lock}` lists them)")


def _show_status(recipe: LoopRecipe, folder: Path, *, as_json: bool) -> None:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no loop has run there; expected one of this recipe, or another --name or --out")
    done = read_ledger(folder)
    if as_json:
        print(json.dumps(read_run(folder)))
        return
    print(render_steps(recipe, done, now=str(read_run(folder).get("now", ""))))
    print(f"\n{render_models(recipe, done)}")


def _finish(recipe: LoopRecipe, folder: Path, *, as_json: bool) -> None:
    done = read_ledger(folder)
    table = render_models(recipe, done)
    (folder / "loop.md").write_text(f"{table}\n\n{render_steps(recipe, done, now='')}\n", encoding="utf-8")
    print(json.dumps(msgspec.to_builtins(done)) if as_json else table)
