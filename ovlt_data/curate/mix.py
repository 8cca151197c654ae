"""Which rows of a pool make a mixture: quotas by source, difficulty, exclusion, a validation split.

    mix(pool, spec, seed=0)  ->  Mixed: a split or a reason for every row, and what was wanted and taken by source

Rows rank by a hash of seed and id, and each source is taken from the top of its ranks: one percent more rows changes
about one percent of the picks. Nothing here reads a picture; a row knows the hashes of its own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction

import polars as pl
from msgspec import Struct

from ovlt_data.curate.belong import group_rows
from ovlt_data.errors import UsageError
from ovlt_data.recipe.mix import Mix, PassRate, Quota

POOL = pl.Schema(
    {
        "id": pl.String,
        "problem_id": pl.String,
        "source": pl.String,
        "images": pl.List(pl.String),
        "pass_rate": pl.Float64,
        "pass_rate_model": pl.String,
    }
)
"""What is known of each row; `images` are sha256."""


class Taken(Struct, frozen=True, kw_only=True):
    """One source in numbers."""

    source: str
    there: int
    """Rows that could be taken."""
    wanted: int
    taken: int

    @property
    def short(self) -> int:
        return max(0, self.wanted - self.taken)


class Mixed(Struct, frozen=True, kw_only=True):
    rows: pl.DataFrame
    """The pool in its order; `split` is train or validation, or null where `left_out_for` says why not."""
    sources: Sequence[Taken]


def mix(pool: pl.DataFrame, spec: Mix, *, seed: int, excluded: pl.DataFrame | None = None) -> Mixed:
    """Raises UsageError for a quota that can't be filled, where the spec says so.

    `pool` has the columns of POOL, `tokens` where the spec counts them, and `is_asked` where it selects by a probe;
    `excluded` are rows to keep out.
    """
    rows = pool.with_columns(_rank(pool["id"], seed), left_out_for=_find_unfit(pool, spec, excluded))
    rows = _keep_few_per_problem(rows, spec.per_problem)
    there = _count(rows.filter(pl.col("left_out_for").is_null()))
    wanted = want(there, spec)
    taken = _grant(there, wanted, spec)
    table = [Taken(source=name, there=there.get(name, 0), wanted=wanted[name], taken=taken[name]) for name in wanted]
    _refuse_short(table, spec)
    rows = _stop_at_tokens(_take(rows, taken), spec.tokens)
    return Mixed(rows=_hold_back(rows, spec).drop("rank"), sources=table)


def want(there: Mapping[str, int], spec: Mix) -> dict[str, int]:
    """Rows of each source that the spec asks for, before it is known whether they are there."""
    if not spec.sources:
        wanted = _share_out(spec.total or sum(there.values()), there)
    else:
        wanted = _meet_quotas(spec.sources, spec.total)
    return _cap(wanted, spec) if spec.max_share else wanted


def _meet_quotas(quotas: Mapping[str, Quota], total: int | None) -> dict[str, int]:
    wanted = {name: quota.count for name, quota in quotas.items() if quota.count is not None}
    if total is None:
        return wanted
    shares = {name: quota.share for name, quota in quotas.items() if quota.share is not None}
    wanted |= {name: round(total * share) for name, share in shares.items()}
    rest = total - sum(wanted.values())
    if rest < 0:
        raise UsageError(
            f"mix.sources: counts and shares ask for {total - rest:,} rows; expected at most total, {total:,}"
        )
    weights = {name: quota.weight for name, quota in quotas.items() if quota.weight is not None}
    if rest and not weights and sum(shares.values()) < 0.999:
        raise UsageError(f"mix.sources: ask for {total - rest:,} of {total:,} rows; expected all of them, or a weight")
    wanted |= _share_out(rest, weights)
    return {name: wanted[name] for name in quotas}


def _share_out(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Whole rows in proportion to weights, by largest remainders; ties go to the earlier name."""
    whole = sum(map(Fraction, weights.values())) or Fraction(1)
    exact = {name: total * Fraction(weight) / whole for name, weight in weights.items()}
    shares = {name: int(value) for name, value in exact.items()}
    order = sorted(exact, key=lambda name: (shares[name] - exact[name], name))
    for name in order[: total - sum(shares.values())] if weights else ():
        shares[name] += 1
    return shares


def _cap(wanted: Mapping[str, int], spec: Mix) -> dict[str, int]:
    """No source over its share of what comes out; without a total that is what the caps leave."""
    assert spec.max_share is not None, "called for a capped mixture"
    total = spec.total or _largest_total(wanted, spec.max_share)
    most = int(total * Fraction(str(spec.max_share)))
    return {name: min(rows, most) for name, rows in wanted.items()}


def _largest_total(wanted: Mapping[str, int], share: float) -> int:
    """The most rows of which no source has more than its share."""
    total = sum(wanted.values())
    while (capped := sum(min(rows, int(total * Fraction(str(share)))) for rows in wanted.values())) < total:
        total = capped
    return total


def _grant(there: Mapping[str, int], wanted: Mapping[str, int], spec: Mix) -> dict[str, int]:
    """What each source gives: what it was asked for, or all it has; with `fill` others give more."""
    taken = {name: min(rows, there.get(name, 0)) for name, rows in wanted.items()}
    missing = (spec.total or sum(wanted.values())) - sum(taken.values())
    if spec.on_short != "fill" or missing <= 0:
        return taken
    most = _cap({name: there.get(name, 0) for name in taken}, spec) if spec.max_share else there
    spare = {name: most.get(name, 0) - rows for name, rows in taken.items() if most.get(name, 0) > rows}
    more = _share_out(min(missing, sum(spare.values())), spare)
    return {name: rows + more.get(name, 0) for name, rows in taken.items()}


def _refuse_short(table: Sequence[Taken], spec: Mix) -> None:
    lines = [f"  {row.source}: {row.there:,} of {row.wanted:,} rows, {row.short:,} short" for row in table if row.short]
    taken = sum(row.taken for row in table)
    if not lines and taken < (spec.total or 0):
        lines = [f"  max_share leaves {taken:,} of {spec.total:,} rows"]
    if lines and spec.on_short == "fail":
        said = "\n".join(lines)
        raise UsageError(
            f"mix: some quotas can't be filled:\n{said}\nexpected more rows of these, a smaller quota, or "
            "on_short: fill (more of the others) or report (make do)"
        )


def _rank(ids: pl.Series, seed: int) -> pl.Series:
    ranks = [hashlib.sha256(f"{seed}\n{name}".encode()).digest()[:8] for name in ids]
    return pl.Series("rank", ranks, dtype=pl.Binary)


def _find_unfit(pool: pl.DataFrame, spec: Mix, excluded: pl.DataFrame | None) -> pl.Expr:
    """Why a row can't be taken, the first reason that holds."""
    reason = pl.when(pl.col("id").is_first_distinct().not_()).then(pl.lit("duplicate"))
    if excluded is not None:
        problems = excluded["problem_id"].unique().implode()
        seen = set(excluded["images"].explode().drop_nulls())
        touched = pl.Series([not seen.isdisjoint(images) for images in pool["images"]], dtype=pl.Boolean)
        reason = reason.when(pl.col("problem_id").is_in(problems)).then(pl.lit("excluded_problem"))
        reason = reason.when(touched).then(pl.lit("excluded_picture"))
    if spec.sources:
        reason = reason.when(pl.col("source").is_in(list(spec.sources)).not_()).then(pl.lit("source_not_asked"))
    if spec.pass_rate is not None:
        counts = pl.col("is_asked") if spec.pass_rate.of else pl.lit(True)
        reason = reason.when(counts & _is_unrated(spec.pass_rate)).then(pl.lit("not_rated"))
        fits = pl.col("pass_rate").is_between(spec.pass_rate.min, spec.pass_rate.max)
        reason = reason.when(counts & fits.not_()).then(pl.lit("pass_rate"))
    return reason.otherwise(pl.lit(None, dtype=pl.String))


def _is_unrated(wanted: PassRate) -> pl.Expr:
    unrated = pl.col("pass_rate").is_null()
    if wanted.model is None:
        return unrated
    return unrated | pl.col("pass_rate_model").ne_missing(pl.lit(wanted.model))


def _keep_few_per_problem(rows: pl.DataFrame, most: int | None) -> pl.DataFrame:
    if most is None:
        return rows
    fit = pl.col("left_out_for").is_null()
    place = pl.when(fit).then(pl.col("rank")).rank("ordinal").over("problem_id")
    return rows.with_columns(
        left_out_for=pl.when(fit & (place > most)).then(pl.lit("per_problem")).otherwise(pl.col("left_out_for"))
    )


def _count(rows: pl.DataFrame) -> dict[str, int]:
    return dict(sorted(rows.group_by("source").len().iter_rows()))


def _take(rows: pl.DataFrame, taken: Mapping[str, int]) -> pl.DataFrame:
    """The first ranks of each source."""
    fit = pl.col("left_out_for").is_null()
    place = pl.when(fit).then(pl.col("rank")).rank("ordinal").over("source")
    most = pl.col("source").replace_strict(taken, default=0, return_dtype=pl.Int64)
    return rows.with_columns(
        left_out_for=pl.when(fit & (place > most)).then(pl.lit("quota")).otherwise(pl.col("left_out_for"))
    )


def _stop_at_tokens(rows: pl.DataFrame, most: int | None) -> pl.DataFrame:
    """The first ranks of all that are taken, as long as their tokens fit; `rows` then have a column `tokens`."""
    if most is None:
        return rows
    fitting = rows.filter(pl.col("left_out_for").is_null()).sort("rank").filter(pl.col("tokens").cum_sum() <= most)
    doomed = pl.col("left_out_for").is_null() & ~pl.col("id").is_in(fitting["id"].implode())
    return rows.with_columns(left_out_for=pl.when(doomed).then(pl.lit("tokens")).otherwise(pl.col("left_out_for")))


def _hold_back(rows: pl.DataFrame, spec: Mix) -> pl.DataFrame:
    """Split what was taken; rows that share a picture or a problem stay together."""
    fit = pl.col("left_out_for").is_null()
    split = pl.when(fit).then(pl.lit("train"))
    if spec.validation is None:
        return rows.with_columns(split=split)
    taken = rows.filter(fit)
    held = _choose_held_back(taken.with_columns(group=group_rows(taken)), spec.validation.share)
    is_held = fit & pl.col("id").is_in(held.implode())
    return rows.with_columns(split=pl.when(is_held).then(pl.lit("validation")).otherwise(split))


def _choose_held_back(taken: pl.DataFrame, share: float) -> pl.Series:
    """Whole groups by their best rank, source by source, as long as they fit the source's share."""
    wanted = {source: round(rows * share) for source, rows in _count(taken).items()}
    groups = taken.group_by("group").agg("id", "source", best=pl.col("rank").min()).sort("best")
    held: list[str] = []
    for ids, sources in groups.select("id", "source").iter_rows():
        if all(wanted[source] >= sources.count(source) for source in set(sources)):
            held += ids
            for source in sources:
                wanted[source] -= 1
    return pl.Series("id", held, dtype=pl.String)
