"""`ovlt eval MODEL --on …`: the words of the command line as a recipe."""

from collections.abc import Sequence
from pathlib import Path

from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.errors import UsageError
from ovlt_data.recipe import EMBEDDED, make
from ovlt_data.recipe.evaluate import TABLE_6, EvalRecipe


def recipe_of_words(
    model: str,
    *,
    benchmarks: str,
    endpoint: str,
    data: Path | None = None,
    revision: str | None = None,
    name: str | None = None,
    judge: str | None = None,
    judge_endpoint: str = "",
    overrides: Sequence[str] = (),
) -> EvalRecipe:
    """`ovlt eval MODEL --on a,b --endpoint URL` as a recipe; `data` is a folder that holds one for each benchmark.

    The sampling stands in it as Table 6 has it, so that an override of one number leaves the others.
    """
    folder = Path(model)
    known = revision or endpoint == EMBEDDED or not folder.is_dir()
    label = _label(folder.name)
    asked = {
        "endpoint": [endpoint],
        "model": None if model == EMBEDDED else model,
        "revision": revision,
        "checkpoint": None if known else checkpoint_hash(folder),
        "sampling": TABLE_6.model_dump(exclude_defaults=True),
    }
    said = {
        "name": name or f"eval-{label}",
        "models": {label: {key: value for key, value in asked.items() if value is not None}},
        "benchmarks": [_at(word, data) for word in benchmarks.split(",") if word],
        "judge": {"endpoint": [judge_endpoint], "model": judge} if judge else None,
    }
    return make(EvalRecipe, said, overrides, path=Path.cwd() / "eval")


def _label(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name).strip("-_")


def _at(benchmark: str, data: Path | None) -> dict[str, str]:
    if data is None:
        return {"source": benchmark}
    if not (data / benchmark).is_dir():
        there = ", ".join(sorted(path.name for path in data.glob("*/"))) or "none"
        raise UsageError(f"--data {data}: no folder {benchmark}; expected one for each benchmark; there: {there}")
    return {"source": benchmark, "path": str((data / benchmark).resolve())}
