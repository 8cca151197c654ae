"""`ovlt mix`: a dataset version from other versions, at no token."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from msgspec import Struct

from ovlt_data.curate.mix import Taken, mix
from ovlt_data.publish.mixture import build_mixture, refuse_unlike
from ovlt_data.publish.parent import Parent, open_parent, read_pass_rates, read_pool
from ovlt_data.publish.place import Version
from ovlt_data.recipe import resolved_yaml
from ovlt_data.recipe.mix import Mix, MixRecipe, PassRate
from ovlt_data.report import write_report
from ovlt_data.run_folder import open_run, write_run


class Mixture(Struct, frozen=True):
    version: Version
    sources: Sequence[Taken]
    """What was wanted, there and taken."""


def mix_versions(recipe: MixRecipe, *, out: Path, name: str) -> Mixture:
    """Build the mixture into `out/name`. Raises UsageError for what does not fit or is not there."""
    parents = [open_parent(Path(path)) for path in recipe.from_]
    refuse_unlike(parents)
    pool = rate(gather_pool(parents), recipe.mix.pass_rate)
    mixed = mix(pool, recipe.mix, seed=recipe.seed, excluded=gather_excluded(recipe.mix))
    with open_run(out, name, recipe_file=recipe.path) as folder:
        version = build_mixture(folder, recipe, parents, mixed.rows)
        (folder / "recipe.yaml").write_text(resolved_yaml(recipe), encoding="utf-8")
        write_report(folder / "dataset")
        write_run(folder, {"run": str(folder), "state": "done", "version": version.id, "rows": version.rows})
    return Mixture(version, mixed.sources)


def gather_pool(parents: Sequence[Parent]) -> pl.DataFrame:
    """The rows of all parents; of those with one id the first is meant to be taken."""
    return pl.concat([read_pool(parent).with_columns(parent=pl.lit(place)) for place, parent in enumerate(parents)])


def gather_excluded(spec: Mix) -> pl.DataFrame | None:
    if not spec.exclude:
        return None
    return gather_pool([open_parent(Path(path)) for path in spec.exclude])


def rate(pool: pl.DataFrame, wanted: PassRate | None) -> pl.DataFrame:
    """The pool with the pass rates that count: another model's, where the recipe says whose."""
    if wanted is None or wanted.from_ is None:
        return pool
    rates = read_pass_rates(open_parent(Path(wanted.from_)))
    return pool.drop("pass_rate", "pass_rate_model").join(rates, on="problem_id", how="left", maintain_order="left")
