"""A loop as people read it: its models side by side with what they learned from, and where it stands."""

from collections.abc import Iterable, Mapping, Sequence

from ovlt_data.evaluate.score import Score
from ovlt_data.evaluate.show import INTERVAL, render_table
from ovlt_data.loop.iterate import name_steps
from ovlt_data.loop.ledger import Done
from ovlt_data.loop.scores import find_scores
from ovlt_data.recipe.loop import LoopRecipe

GUESS = "blind guess"
"""The most frequent gold of each kind of question."""
SHORT = 12
"""Hex digits of a hash that a table shows."""


def render_models(recipe: LoopRecipe, done: Mapping[str, Done]) -> str:
    """One row for each model: from which weights, on which rows, and its accuracy on each benchmark."""
    names = ["base", *(name for name in name_steps(recipe) if name.startswith(("sft-", "grpo-")))]
    scores = {name: find_scores(done[f"score-{name}"]) for name in names if f"score-{name}" in done}
    benchmarks = list(dict.fromkeys(score.benchmark for each in scores.values() for score in each))
    heading = ["model", "checkpoint", "from", "on version", "rows", *benchmarks]
    rows = [_tell(name, done, scores.get(name, []), benchmarks) for name in names if name == "base" or name in done]
    if benchmarks:
        rows.insert(0, [GUESS, "–", "–", "–", "–", *(_guess(scores.values(), each) for each in benchmarks)])
    lines = [render_table(heading, rows), *_tell_gains(names, scores, benchmarks)]
    return "\n\n".join([*lines, INTERVAL] if benchmarks else lines)


def render_steps(recipe: LoopRecipe, done: Mapping[str, Done], *, now: str) -> str:
    """One row for each step: whether it is done, how long it took, what it made."""
    rows = [[name, *_describe(done.get(name), now == name)] for name in name_steps(recipe)]
    return render_table(["step", "state", "minutes", "result"], rows)


def _tell(name: str, done: Mapping[str, Done], scores: Sequence[Score], benchmarks: Sequence[str]) -> list[str]:
    cells = {score.benchmark: _cell(score) for score in scores}
    trained = done.get(name)
    if trained is None:
        who = done[f"score-{name}"].inputs["model"][:SHORT] if f"score-{name}" in done else "–"
        return [name, who, "–", "–", "–", *(cells.get(each, "–") for each in benchmarks)]
    dataset = next((d for d in done.values() if d.result.get("version") == trained.inputs["dataset"]), None)
    rows = f"{dataset.result['rows']:,}" if dataset else "–"
    parents = {str(d.result.get("checkpoint")): step for step, d in done.items() if "checkpoint" in d.result}
    parent, version = parents.get(trained.inputs["model"], "base"), trained.inputs["dataset"]
    who = str(trained.result["checkpoint"])[:SHORT]
    return [name, who, parent, version, rows, *(cells.get(each, "–") for each in benchmarks)]


def _tell_gains(names: Sequence[str], scores: Mapping[str, Sequence[Score]], benchmarks: Sequence[str]) -> list[str]:
    """What each iteration gained: its last model against the last of the one before."""
    last = {name.partition("-")[2]: name for name in names if name in scores}
    lines: list[str] = []
    before = "base"
    for number, name in last.items():
        if number and before in scores:
            gains = [f"{_gain(scores[name], scores[before], each):+.1f} points on {each}" for each in benchmarks]
            lines.append(f"Iteration {number}: {', '.join(gains)} ({name} against {before}).")
        before = name
    return ["\n".join(lines)] if lines else []


def _gain(after: Sequence[Score], before: Sequence[Score], benchmark: str) -> float:
    return 100 * (_accuracy(after, benchmark) - _accuracy(before, benchmark))


def _accuracy(scores: Sequence[Score], benchmark: str) -> float:
    return next((score.accuracy for score in scores if score.benchmark == benchmark), 0.0)


def _guess(scores: Iterable[Sequence[Score]], benchmark: str) -> str:
    guesses = (score.guess for each in scores for score in each if score.benchmark == benchmark)
    return next((f"{100 * guess:.1f}" for guess in guesses if guess is not None), "–")


def _cell(score: Score) -> str:
    return f"{100 * score.accuracy:.1f} ({100 * score.low:.1f} to {100 * score.high:.1f})"


def _describe(done: Done | None, now: bool) -> list[str]:
    if done is None:
        return ["under way" if now else "to do", "", ""]
    if "scores" in done.result:
        said = ", ".join(f"{score.benchmark} {_cell(score)}" for score in find_scores(done))
    elif "checkpoint" in done.result:
        said = f"checkpoint {str(done.result['checkpoint'])[:SHORT]}"
    else:
        said = f"{done.result['rows']:,} rows, version {done.result['version']}"
    return ["done", f"{done.seconds / 60:.1f}", said]
