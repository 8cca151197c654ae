"""Mixtures: a dataset version from other versions (`ovlt mix`), or a run's rows by quotas (`mix` in its recipe)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from ovlt_data.curate import drop_rows
from ovlt_data.curate.mix import POOL, Taken, mix
from ovlt_data.curate.probes import rate_probe
from ovlt_data.errors import UsageError
from ovlt_data.publish.mixture import build_mixture, refuse_unlike
from ovlt_data.publish.parent import Parent, open_parent, read_pass_rates, read_pool, read_probes, read_tokens
from ovlt_data.publish.place import Version
from ovlt_data.recipe import Recipe, resolved_yaml
from ovlt_data.recipe.mix import Mix, MixRecipe, PassRate
from ovlt_data.run_folder import open_run, write_run
from ovlt_data.tables import Curated
from ovlt_data.types import ProbeName


class Mixture(Struct, frozen=True):
    version: Version
    sources: Sequence[Taken]
    """What was wanted, there and taken."""


def mix_versions(recipe: MixRecipe, *, out: Path, name: str) -> Mixture:
    """Build the mixture into `out/name`. Raises UsageError for what does not fit or is not there."""
    parents = [open_parent(Path(path)) for path in recipe.from_]
    refuse_unlike(parents)
    pool = rate_by(gather_pool(parents), recipe.mix.pass_rate, lambda probe: rate_parents(parents, probe))
    if recipe.mix.tokens is not None:
        pool = weigh(pool, parents)
    mixed = mix(pool, recipe.mix, seed=recipe.seed, excluded=gather_excluded(recipe.mix))
    with open_run(out, name, recipe_file=recipe.path) as folder:
        version = build_mixture(folder, recipe, parents, mixed.rows)
        (folder / "recipe.yaml").write_text(resolved_yaml(recipe), encoding="utf-8")
        write_run(folder, {"run": str(folder), "state": "done", "version": version.id, "rows": version.rows})
    return Mixture(version, mixed.sources)


def show_mixture(mixture: Mixture) -> None:
    """The table of sources, and where the version stands, on standard output."""
    table = Table("source", "wanted", "there", "taken", "short", box=None, header_style="")
    for source in mixture.sources:
        table.add_row(source.source, *(f"{n:,}" for n in (source.wanted, source.there, source.taken, source.short)))
    Console().print(table)
    version = mixture.version
    print(f"{version.rows:,} rows in version {version.id}" + ("" if version.new else ", which was there already"))
    print(f"Load      datasets.load_dataset('{version.path}')")


def mix_curated(curated: Curated, problems: pl.DataFrame, recipe: Recipe) -> Curated:
    """What curation kept, mixed: `split` is a column where rows are held back; the others are rejected at `mix`."""
    if (spec := recipe.mix) is None:
        return curated
    if spec.tokens is not None:
        raise UsageError("mix.tokens: counts rows that are built; expected in a recipe of `ovlt mix`, not in a run's")
    pool = rate_by(_make_pool(curated.rows, problems), spec.pass_rate, lambda probe: _read_rates(curated.rows, probe))
    mixed = mix(pool, spec, seed=recipe.seed, excluded=gather_excluded(spec)).rows
    rows = curated.rows.with_columns(mixed["split"], mixed["left_out_for"])
    last = drop_rows(rows, pl.col("left_out_for").is_not_null(), at="mix", reason=pl.col("left_out_for"))
    beside = ["left_out_for"] if spec.validation else ["left_out_for", "split"]
    return curated._replace(
        rows=last.rows.drop(beside),
        rejected=pl.concat([curated.rejected, last.dropped.drop("left_out_for", "split")], how="diagonal"),
        funnel=(*curated.funnel, last.entry),
    )


def _make_pool(rows: pl.DataFrame, problems: pl.DataFrame) -> pl.DataFrame:
    pictures = problems.select(problem_id="id", images="image_sha256")
    ids = pl.format("{}/{}", "problem_id", "slot") if "slot" in rows.columns else pl.col("problem_id")
    unnamed = pl.lit(None, dtype=pl.String)
    named = rows.join(pictures, on="problem_id", maintain_order="left").with_columns(id=ids, pass_rate_model=unnamed)
    return named.select(*POOL)


def gather_pool(parents: Sequence[Parent]) -> pl.DataFrame:
    """The rows of all parents; of those with one id the first is meant to be taken."""
    return pl.concat([read_pool(parent).with_columns(parent=pl.lit(place)) for place, parent in enumerate(parents)])


def weigh(pool: pl.DataFrame, parents: Sequence[Parent]) -> pl.DataFrame:
    """The pool with each row's completion tokens. Raises UsageError where rows have no completion."""
    if parents[0].manifest.kind != "sft":
        raise UsageError("mix.tokens: rows of kind grpo hold no completion; expected `total`, or versions of kind sft")
    tokens = pl.concat([read_tokens(parent) for parent in parents]).unique("id")
    return pool.join(tokens, on="id", how="left", maintain_order="left")


def gather_excluded(spec: Mix) -> pl.DataFrame | None:
    if not spec.exclude:
        return None
    return gather_pool([open_parent(Path(path)) for path in spec.exclude])


def rate_by(pool: pl.DataFrame, wanted: PassRate | None, probed: Callable[[ProbeName], pl.DataFrame]) -> pl.DataFrame:
    """The pool with the pass rates that count: another model's or a probe's, where the recipe says whose.

    Of a probe, `is_asked` tells the problems that it says something about; `probed` are the rows' own.
    """
    if wanted is None or (wanted.from_ is None and wanted.of is None):
        return pool
    if wanted.from_ is not None:
        parent = open_parent(Path(wanted.from_))
        rates = rate_parents([parent], wanted.of) if wanted.of else read_pass_rates(parent)
    else:
        assert wanted.of is not None, "else the rows' own pass rates count"
        rates = probed(wanted.of)
    rates = rates.with_columns(is_asked=True)
    pool = pool.drop("pass_rate", "pass_rate_model").join(rates, on="problem_id", how="left", maintain_order="left")
    return pool.with_columns(pl.col("is_asked").fill_null(value=False))


def rate_parents(parents: Sequence[Parent], probe: ProbeName) -> pl.DataFrame:
    """The probe's pass rates, by `problem_id`; of a problem in several versions those of the first."""
    return pl.concat([_rate_parent(parent, probe) for parent in parents]).unique("problem_id", keep="first")


def _rate_parent(parent: Parent, probe: ProbeName) -> pl.DataFrame:
    replies = read_probes(parent, probe)
    models = replies.group_by("problem_id").agg(pass_rate_model=pl.col("model").first())
    rates = rate_probe(probe, replies).select("problem_id", pass_rate=f"probe_{probe}")
    return rates.join(models, on="problem_id")


def _read_rates(rows: pl.DataFrame, probe: ProbeName) -> pl.DataFrame:
    """Of the problems of rows that are about to be built."""
    asked = rows.filter(pl.col(f"probe_{probe}_decided").is_not_null()).unique("problem_id")
    unnamed = pl.lit(None, dtype=pl.String)
    return asked.select("problem_id", pass_rate=f"probe_{probe}", pass_rate_model=unnamed)
