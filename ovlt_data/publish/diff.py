"""Two versions beside each other: which rows came, went or changed, which verdicts did, and what else is not the same.

Rows are told by their ids and compared by what they say; from which version each was taken is no difference of its own.
Nothing here reads a picture: a problem's id holds the hashes of its own.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

from ovlt_data.publish.parent import Parent

NOT_COMPARED = ("images", "parents")
FACTS = ("kind", "schema_version", "grader_version", "models", "prompts", "licences", "datasets", "parents", "ovlt")
"""Of the manifests: what is compared word by word."""


class SourceDiff(Struct, frozen=True, kw_only=True):
    source: str
    before: int
    after: int
    added: int
    removed: int
    changed: int
    words: tuple[float | None, float | None]
    """Median words of reasoning, before and after."""
    pass_rate: tuple[float | None, float | None]
    """Mean, before and after."""


class Diff(Struct, frozen=True, kw_only=True):
    before: str
    after: str
    rows: tuple[int, int]
    added: int
    removed: int
    changed: int
    sources: Sequence[SourceDiff]
    verdicts: Mapping[str, int]
    """Samples of both whose verdict is another one, as `wrong -> correct`."""
    facts: Mapping[str, tuple[Any, Any]]
    recipe: Sequence[str]
    """Lines of a unified diff."""


def diff_versions(before: Parent, after: Parent) -> Diff:
    rows = pl.concat([_read_rows(before, "before"), _read_rows(after, "after")]).collect(engine="streaming")
    pairs = rows.group_by("id", "source").agg(
        is_before=(pl.col("side") == "before").any(),
        is_after=(pl.col("side") == "after").any(),
        is_changed=pl.col("said").n_unique() > 1,
    )
    counts = _count(pairs)
    return Diff(
        before=before.manifest.version,
        after=after.manifest.version,
        rows=(before.manifest.rows, after.manifest.rows),
        added=int(counts["added"].sum()),
        removed=int(counts["removed"].sum()),
        changed=int(counts["changed"].sum()),
        sources=_describe_sources(counts, rows, before, after),
        verdicts=_compare_verdicts(before, after),
        facts=_compare_facts(before, after),
        recipe=_compare_recipes(before, after),
    )


def _read_rows(version: Parent, side: str) -> pl.LazyFrame:
    """Each row's id, source, pass rate, and a hash of all that it says."""
    rows = pl.scan_parquet(version.shards, missing_columns="insert")
    names = sorted(set(rows.collect_schema().names()) - set(NOT_COMPARED))
    said = pl.struct(names).struct.json_encode().hash()
    return rows.select("id", "source", "pass_rate", said=said, side=pl.lit(side))


def _count(pairs: pl.DataFrame) -> pl.DataFrame:
    both = pl.col("is_before") & pl.col("is_after")
    return (
        pairs.group_by("source")
        .agg(
            before=pl.col("is_before").sum(),
            after=pl.col("is_after").sum(),
            added=(~pl.col("is_before")).sum(),
            removed=(~pl.col("is_after")).sum(),
            changed=(both & pl.col("is_changed")).sum(),
        )
        .sort("source")
    )


def _describe_sources(counts: pl.DataFrame, rows: pl.DataFrame, before: Parent, after: Parent) -> list[SourceDiff]:
    words = [_measure_words(version) for version in (before, after)]
    rates = rows.group_by("side", "source").agg(pl.col("pass_rate").mean())
    found = {(side, source): rate for side, source, rate in rates.iter_rows()}
    return [
        SourceDiff(
            **line,
            words=(words[0].get(line["source"]), words[1].get(line["source"])),
            pass_rate=(found.get(("before", line["source"])), found.get(("after", line["source"]))),
        )
        for line in counts.iter_rows(named=True)
    ]


def _measure_words(version: Parent) -> dict[str, float | None]:
    kept = pl.scan_parquet(version.folder / "lineage.parquet").filter("kept")
    return dict(kept.group_by("source").agg(pl.col("words").median()).collect().iter_rows())


def _compare_verdicts(before: Parent, after: Parent) -> dict[str, int]:
    of_sample = ["problem_id", "slot", "response_key"]
    lineages = [
        pl.scan_parquet(version.folder / "lineage.parquet").select(*of_sample, "status") for version in (before, after)
    ]
    both = lineages[0].join(lineages[1], on=of_sample, suffix="_after")
    other = both.filter(pl.col("status") != pl.col("status_after"))
    told = other.select(pl.format("{} -> {}", "status", "status_after").alias("change"))
    return dict(told.group_by("change").len().sort("change").collect(engine="streaming").iter_rows())


def _compare_facts(before: Parent, after: Parent) -> dict[str, tuple[Any, Any]]:
    one, other = (msgspec.to_builtins(version.manifest) for version in (before, after))
    return {name: (one[name], other[name]) for name in FACTS if one[name] != other[name]}


def _compare_recipes(before: Parent, after: Parent) -> list[str]:
    one, other = ((version.folder / "recipe.yaml").read_text("utf-8").splitlines() for version in (before, after))
    names = before.manifest.version, after.manifest.version
    return list(difflib.unified_diff(one, other, *names, lineterm="", n=1))
