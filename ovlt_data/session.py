"""Commands at a terminal: signals, progress, and what is printed where.

Results go to standard output, words for people to standard error.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec
import uvloop
from rich.console import Console

from ovlt_data.answers.compare import compare_fault
from ovlt_data.answers.lines import Summary, grade_lines
from ovlt_data.arms import Arm, make_table, run_arms
from ovlt_data.check import Finding, check_offline, check_online, read_first
from ovlt_data.engine.tally import Tally
from ovlt_data.errors import UsageError
from ovlt_data.loop.students import check_students
from ovlt_data.mixing import mix_versions, show_mixture
from ovlt_data.outcome import Outcome, State
from ovlt_data.pipeline import Options, run_recipe
from ovlt_data.progress import PeopleConsole, show_progress
from ovlt_data.recipe import Recipe, find_recipe, load, load_recipe
from ovlt_data.recipe.arms import ArmsRecipe
from ovlt_data.recipe.mix import MixRecipe
from ovlt_data.shard import read_shard
from ovlt_data.sources import SOURCES
from ovlt_data.types import Problem, Say

Result = TypeVar("Result")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""The last is what Slurm is told to send some minutes before the time limit."""
STATUSES: Mapping[State, int] = {"done": 0, "generated": 0, "budget": 5}
"""Exit statuses of runs that no signal and no error ended."""
CHECK_ROWS = 200
"""Rows of each source that `check` reads unless told otherwise."""


def run_command(
    recipe_file: Path,
    overrides: Sequence[str],
    *,
    limit: int | None,
    retry: frozenset[str],
    name: str | None,
    out: Path,
    wait: float,
    shard: str | None,
    metrics: int | None,
    as_json: bool,
) -> int:
    """`ovlt run`; returns the exit status, 128 + the signal's number where one ended it."""
    recipe = load_recipe(find_recipe(str(recipe_file)), overrides)
    options = Options(
        out=out.resolve(),
        name=name or recipe.name,
        limit=limit,
        retry=retry,
        wait=wait,
        shard=read_shard(shard) if shard else None,
        metrics=metrics,
    )
    console = PeopleConsole()
    stop = Stop(say := speak(console))
    ended: list[Outcome] = []

    async def session() -> None:
        tally = Tally()
        stop.listen()
        async with show_progress(tally, console):
            await run_recipe(recipe, options, tally=tally, say=say, stopping=stop.stopping, on_end=ended.append)

    try:
        run_async(session())
    except asyncio.CancelledError:
        if not stop.status:
            raise
    finally:
        for outcome in ended:
            _print_outcome(outcome, say, as_json=as_json)
    return STATUSES.get(ended[-1].state, stop.status) if ended else stop.status


class Stop:
    """One of SIGNALS: the first finishes what is in flight, the second ends at once, a third is the system's."""

    def __init__(self, say: Say) -> None:
        self.stopping = asyncio.Event()
        self.status = 0
        self._say = say

    def listen(self) -> None:
        """Call inside the loop, from the task that a second signal cancels."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "listen is called from a coroutine"
        for number in SIGNALS:
            loop.add_signal_handler(number, self._hear, number, task)

    def _hear(self, number: int, task: asyncio.Task[Any]) -> None:
        self.status = 128 + number
        if self.stopping.is_set():
            task.cancel()
            for each in SIGNALS:
                signal.signal(each, signal.SIG_DFL)
            return
        self.stopping.set()
        self._say("stopping: what is in flight is finished and kept; once more ends it at once")


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's coroutine on the fast loop."""
    return uvloop.run(work)


def speak(console: Console) -> Say:
    """A `say` for people: one line to standard error, above a live view if there is one."""
    return lambda text: console.print(text, soft_wrap=True, highlight=False, markup=False)


def _print_outcome(outcome: Outcome, say: Say, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(msgspec.to_builtins(outcome), ensure_ascii=False))
        return
    if outcome.state == "empty":
        return
    if outcome.state == "generated":
        say(f"{outcome.problems} problems of this shard are done. Once all are, run it without --shard.")
        return
    if outcome.state == "budget":
        say("Stopped at the budget. Raise it and run it again: nothing is sent twice.")
        return
    if outcome.dataset is None:
        say(f"Stopped after {outcome.problems} problems. The same command takes it up again; nothing is sent twice.")
        return
    say(f"Look at   {Path(outcome.run) / 'report.html'}")
    say(f"Load      datasets.load_dataset({outcome.dataset!r})")
    say("Next      edit the curate list and run it again: nothing is sent, and a new version stands beside this one.")


def mix_command(recipe_file: Path, overrides: Sequence[str], *, name: str | None, out: Path, as_json: bool) -> None:
    """`ovlt mix`."""
    recipe = load(MixRecipe, find_recipe(str(recipe_file)), overrides)
    mixture = mix_versions(recipe, out=out.resolve(), name=name or recipe.name)
    version = mixture.version
    if as_json:
        print(json.dumps({"version": version.id, "rows": version.rows, "dataset": str(version.path)}))
        return
    show_mixture(mixture)


def arms_command(
    recipe_file: Path, overrides: Sequence[str], *, name: str | None, out: Path, limit: int | None, as_json: bool
) -> int:
    """`ovlt arms`; returns the exit status, as `ovlt run` does."""
    recipe = load(ArmsRecipe, find_recipe(str(recipe_file)), overrides)
    check_students(recipe)
    runs = out.resolve()
    console = PeopleConsole()
    stop = Stop(say := speak(console))

    async def run(arm: Recipe, options: Options) -> Outcome:
        say(f"arm {options.name}")
        tally = Tally()
        async with show_progress(tally, console):
            return await run_recipe(arm, options, tally=tally, say=say, stopping=stop.stopping)

    async def session() -> Sequence[Arm] | Outcome:
        stop.listen()
        return await run_arms(recipe, out=runs, name=name or recipe.name, limit=limit, run=run)

    try:
        arms = run_async(session())
    except asyncio.CancelledError:
        if not stop.status:
            raise
        return stop.status
    if isinstance(arms, Outcome):
        _print_outcome(arms, say, as_json=as_json)
        return STATUSES.get(arms.state, stop.status)
    print(json.dumps(msgspec.to_builtins(arms)) if as_json else make_table(arms), end="\n" if as_json else "")
    return 0


def check_command(recipe_file: Path, overrides: Sequence[str], *, offline: bool, limit: int | None) -> int:
    """`ovlt check`; returns 0, or 2 where something is wrong with what the recipe asks for."""
    recipe = load_recipe(find_recipe(str(recipe_file)), overrides)
    say = speak(PeopleConsole())
    wrong = 0

    def tell(finding: Finding) -> None:
        nonlocal wrong
        wrong += finding.level == "wrong"
        print(f"{finding.level:<8} {finding.what:<24} {finding.says}", flush=True)

    async def ask() -> None:
        async for finding in check_online(recipe, problems, beside=Path.cwd(), say=say):
            tell(finding)

    with TemporaryDirectory(prefix="ovlt-check-") as scratch:
        rows = read_first(recipe, images_folder=Path(scratch), limit=limit or CHECK_ROWS, offline=offline)
        problems = [row for row in rows if isinstance(row, Problem)]
        for finding in check_offline(recipe, rows):
            tell(finding)
        if not offline:
            run_async(ask())
    return 2 if wrong else 0


def list_sources() -> None:
    """`ovlt sources`: what problems can be read from, in which layout, and under which terms."""
    for name, source in sorted(SOURCES.items()):
        facts = {
            "path": source.layout,
            "size": source.size,
            "answers": ", ".join(source.answer_types),
            "licence": source.licence,
            "cite": source.citation,
        }
        lines = [f"{label + ':':<9}{fact}" for label, fact in facts.items() if fact]
        print(f"{name:<12} {source.about}", *(f"{'':<12} {line}" for line in lines), "", sep="\n")


def grade_command(file: Path, *, compare: str = "") -> int:
    """`ovlt grade`: one verdict per line to standard output, the summary to standard error."""
    if str(file) != "-" and not file.is_file():
        raise UsageError(f"{file}: no such file; expected JSONL with the fields prediction and answer, or - for stdin")
    names = [name for name in compare.split(",") if name]
    if wrong := compare_fault(names):
        raise UsageError(f"--compare {wrong}")
    summary = Summary()
    lines = sys.stdin.buffer if str(file) == "-" else file.open("rb")
    with lines:
        for verdict in grade_lines(lines, compare=names, summary=summary):
            print(json.dumps(verdict, ensure_ascii=False))
    print(summary, file=sys.stderr)
    return 0
