"""`ovlt plan` at a terminal: the table to standard output, words for people to standard error."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ovlt_data.estimate import Estimate
from ovlt_data.plan import Forecast, forecast
from ovlt_data.progress import PeopleConsole
from ovlt_data.recipe import find_recipe, load_recipe
from ovlt_data.session import Stop, run_async, speak

UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def plan_command(recipe_file: Path, overrides: Sequence[str], *, limit: int | None, as_json: bool) -> int:
    """`ovlt plan`; returns the exit status."""
    recipe = load_recipe(find_recipe(str(recipe_file)), overrides)
    stop = Stop(say := speak(PeopleConsole()))

    async def plan() -> Forecast | None:
        stop.listen()
        return await forecast(recipe, limit=limit, beside=Path.cwd(), say=say, stopping=stop.stopping)

    predicted = run_async(plan())
    if predicted is None:
        return stop.status
    print(json.dumps(msgspec.to_builtins(predicted)) if as_json else render(predicted))
    say("The replies of the probe are in the store: the run uses them, and spends so much less.")
    return 0


def render(predicted: Forecast) -> str:
    """A table for a terminal."""
    rows = {
        "requests": predicted.requests,
        "prompt tokens": predicted.prompt_tokens,
        "completion tokens": predicted.completion_tokens,
        "cost": predicted.cost,
        "hours": predicted.hours,
        "disk, bytes": predicted.disk,
    }
    paid = predicted.paid
    return "\n".join(
        [
            f"{predicted.problems} problems, of which {predicted.probed} were walked and {predicted.failed} failed; "
            f"that took {paid.requests} requests, {paid.tokens} tokens",
            f"{'':<20}{'expected':>12}{'at least':>12}{'at most':>12}",
            *(_render_row(what, estimate) for what, estimate in rows.items()),
        ]
    )


def _render_row(what: str, estimate: Estimate | None) -> str:
    figures = (estimate.value, estimate.low, estimate.high) if estimate else ()
    return f"{what:<20}" + ("".join(f"{_shorten(figure):>12}" for figure in figures) or f"{'unknown':>12}")


def _shorten(figure: float) -> str:
    """Three digits are more than is known."""
    factor, unit = next(((factor, unit) for factor, unit in UNITS if figure >= factor), (1.0, ""))
    return f"{figure / factor:.3g}{' ' * bool(unit)}{unit}"
