"""`ovlt arms`: one recipe run in several ways from one store, so that its arms differ in nothing but what is compared.

What an arm shares with those before it is taken from the store: arms that differ in curation alone send nothing.
Each is a run of its own, `NAME-ARM`; one that is cut to be equal is a mixture of that run's version, `NAME-ARM-equal`.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import polars as pl
from msgspec import Struct

from ovlt_data.errors import RecipeError
from ovlt_data.mixing import mix_versions
from ovlt_data.outcome import Outcome
from ovlt_data.pipeline import Options
from ovlt_data.publish.parent import open_parent, read_tokens
from ovlt_data.publish.place import Version
from ovlt_data.recipe import Recipe, load_recipe
from ovlt_data.recipe.arms import ArmsRecipe
from ovlt_data.recipe.mix import MixRecipe
from ovlt_data.recipe.place import Place
from ovlt_data.run_folder import open_run
from ovlt_data.text.length import count_words
from ovlt_data.text.reflect import REFLECTIVE
from ovlt_data.types import Difficulty

RunArm = Callable[[Recipe, Options], Awaitable[Outcome]]


class Arm(Struct, frozen=True, kw_only=True):
    """What one arm came to."""

    arm: str
    version: str
    dataset: str
    rows: int
    rows_before: int
    """Before it was cut."""
    problems: int
    words: int | None
    """Of all completions; None where rows have none, as the next three."""
    tokens: int | None
    """Of all completions."""
    words_p50: int | None
    """Of the reasoning."""
    reflections: float | None
    """Reflective sentences in each trace, by the fuller set."""
    sources: Mapping[str, int]
    """Rows."""
    pass_at: Mapping[str, float]
    """Unbiased pass@k over all sources, before curation."""
    requests: int
    """Sent for this arm."""


def load_arms(recipe: ArmsRecipe) -> dict[str, Recipe]:
    """Each arm's whole recipe; raises RecipeError before anything is spent."""
    return {name: _load_arm(recipe, name) for name in recipe.arms}


async def run_arms(
    recipe: ArmsRecipe, *, out: Path, name: str, limit: int | None, run: RunArm
) -> Sequence[Arm] | Outcome:
    """All arms in their order, or the outcome of the one that did not come to its end."""
    outcomes: dict[str, Outcome] = {}
    with open_run(out, name, recipe_file=recipe.path) as folder:
        for arm, said in load_arms(recipe).items():
            outcome = await run(said, Options(out=out, name=f"{name}-{arm}", limit=limit))
            if outcome.dataset is None:
                return outcome
            outcomes[arm] = outcome
        arms = [_describe(arm, outcomes[arm], version) for arm, version in _cut(recipe, outcomes, out, name).items()]
        (folder / "arms.json").write_text(json.dumps(msgspec.to_builtins(arms), indent=2) + "\n", encoding="utf-8")
        (folder / "arms.md").write_text(make_table(arms), encoding="utf-8")
    return arms


def make_table(arms: Sequence[Arm]) -> str:
    """One row for each arm, as Markdown."""
    ks = sorted({k for arm in arms for k in arm.pass_at}, key=int)
    sizes = ["rows", "before the cut", "problems", "words p50", "words in all", "tokens"]
    lines = [["arm", *sizes, "reflections", "sources", *(f"pass@{k}" for k in ks), "sent", "version"]]
    lines.append(["---"] * len(lines[0]))
    lines += [_tell(arm, ks) for arm in arms]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _tell(arm: Arm, ks: Sequence[str]) -> list[str]:
    counts = [f"{n:,}" for n in (arm.rows, arm.rows_before, arm.problems)]
    lengths = [f"{n:,}" if n is not None else "–" for n in (arm.words_p50, arm.words, arm.tokens)]
    reflections = "–" if arm.reflections is None else f"{arm.reflections:.2f}"
    sources = ", ".join(f"{source} {rows:,}" for source, rows in arm.sources.items())
    passes = [f"{arm.pass_at[k]:.3f}" if k in arm.pass_at else "–" for k in ks]
    return [arm.arm, *counts, *lengths, reflections, sources, *passes, f"{arm.requests:,}", arm.version]


def _load_arm(recipe: ArmsRecipe, name: str) -> Recipe:
    overrides = [f"{key}={json.dumps(value)}" for key, value in recipe.arms[name].items()]
    try:
        return load_recipe(Path(recipe.base), overrides)
    except RecipeError as error:
        raise RecipeError([f"{recipe.path}: arms.{name}: {problem}" for problem in error.problems]) from None


def _cut(recipe: ArmsRecipe, outcomes: Mapping[str, Outcome], out: Path, name: str) -> dict[str, Path]:
    """The version of each arm, of equal size where the recipe says so."""
    whole = {arm: Path(outcome.dataset or "").resolve() for arm, outcome in outcomes.items()}
    if recipe.equal is None:
        return whole
    if recipe.equal == "rows":
        limit = {"total": min(outcome.rows for outcome in outcomes.values())}
    else:
        limit = {"tokens": min(_count_tokens(path) or 0 for path in whole.values())}
    return {arm: _take(recipe, path, limit, out, f"{name}-{arm}-equal").path for arm, path in whole.items()}


def _count_tokens(version: Path) -> int | None:
    """Completion tokens of a version; None for one whose rows have no completion."""
    parent = open_parent(version)
    return int(read_tokens(parent)["tokens"].sum()) if parent.manifest.kind == "sft" else None


def _take(recipe: ArmsRecipe, version: Path, limit: Mapping[str, int], out: Path, name: str) -> Version:
    value = {"name": name, "seed": recipe.seed, "from": [str(version)], "mix": limit}
    spec = MixRecipe.model_validate(value, context=Place(recipe.path, os.environ))
    return mix_versions(spec, out=out, name=name).version


def _describe(arm: str, outcome: Outcome, version: Path) -> Arm:
    table = pl.read_parquet(version / "data" / "*.parquet")
    texts: list[str] = []
    if "completion" in table.columns:
        texts = [completion[0]["content"] for completion in table["completion"]]
    thoughts = pl.Series([text.partition("</think>")[0].removeprefix("<think>") for text in texts], dtype=pl.String)
    words = pl.Series([count_words(text) for text in thoughts], dtype=pl.Int64)
    return Arm(
        arm=arm,
        version=version.name,
        dataset=str(version),
        rows=table.height,
        rows_before=outcome.rows,
        problems=table["problem_id"].n_unique(),
        words=sum(map(count_words, texts)) if texts else None,
        tokens=_count_tokens(version),
        words_p50=int(words.quantile(0.5, interpolation="lower") or 0) if texts else None,
        reflections=float(thoughts.str.count_matches(REFLECTIVE).sum()) / len(texts) if texts else None,
        sources=dict(table.group_by("source").len().sort("source").iter_rows()),
        pass_at=_pool(outcome.difficulty),
        requests=outcome.requests,
    )


def _pool(sources: Sequence[Difficulty]) -> dict[str, float]:
    """pass@k over the problems of all sources."""
    passes = [passed for source in sources for passed in source.pass_at]
    pooled: dict[str, float] = {}
    for k in sorted({passed.k for passed in passes}):
        of_k = [passed for passed in passes if passed.k == k]
        pooled[str(k)] = round(sum(p.rate * p.problems for p in of_k) / sum(p.problems for p in of_k), 4)
    return pooled
