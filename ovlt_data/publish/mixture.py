"""A version made from others: their rows as they stand, one account of where each is from."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from ovlt_data.errors import NothingBuilt, UsageError
from ovlt_data.publish.account import write_account
from ovlt_data.publish.features import list_further, make_features
from ovlt_data.publish.lineage import PROBES_FILE
from ovlt_data.publish.manifest import Manifest, PromptText, count_sources, measure_lengths
from ovlt_data.publish.parent import Parent, take_rows
from ovlt_data.publish.place import Version, place_version
from ovlt_data.publish.rows import identify
from ovlt_data.publish.shards import Shard, write_splits
from ovlt_data.recipe import resolved_yaml
from ovlt_data.recipe.mix import MixRecipe
from ovlt_data.types import FunnelStep

STEP = "mix"


def build_mixture(folder: Path, recipe: MixRecipe, parents: Sequence[Parent], mixed: pl.DataFrame) -> Version:
    """Build into `versions/` of a run's folder.

    `mixed` has all rows of all parents in their order, with `parent` (its place among them), `split`, `left_out_for`.
    Raises UsageError for parents of two kinds, or whose students are asked in different words.
    """
    kept = mixed.filter(pl.col("split").is_not_null())
    if kept.is_empty():
        raise NothingBuilt(f"nothing to build from: all {mixed.height:,} rows were left out ({_tell_reasons(mixed)})")
    refuse_unlike(parents)
    splits = {
        str(split): [frozenset(rows.filter(parent=place)["id"]) for place in range(len(parents))]
        for (split,), rows in kept.sort("split").partition_by("split", as_dict=True, maintain_order=True).items()
    }
    named = {split: partial(take_rows, parents, taken, with_pictures=False) for split, taken in splits.items()}
    whole = {split: partial(take_rows, parents, taken) for split, taken in splits.items()}
    further = sorted({name for parent in parents for name in list_further(pl.read_parquet_schema(parent.shards[0]))})

    def write(place: Path) -> None:
        shards = write_splits(whole, place / "data", make_features(parents[0].manifest.kind, further))
        _gather_lineage(parents, kept).sink_parquet(place / "lineage.parquet")
        if probes := _gather_probes(parents, kept):
            pl.concat(probes, how="diagonal").sink_parquet(place / PROBES_FILE)
        left_out = mixed.filter(pl.col("split").is_null())
        _list_rejected(left_out).write_parquet(place / "rejected.parquet")
        manifest = _describe(version, recipe, parents, mixed=mixed, kept=kept, shards=shards, place=place)
        write_account(manifest, place, recipe=resolved_yaml(recipe), kept=_add_words(kept, place))

    return place_version(folder, version := identify(named), rows=kept.height, write=write)


def _add_words(kept: pl.DataFrame, place: Path) -> pl.DataFrame:
    lineage = pl.scan_parquet(place / "lineage.parquet").filter("kept")
    words = lineage.select("words", id=pl.format("{}/{}", "problem_id", "slot")).collect()
    return kept.join(words, on="id", how="left", maintain_order="left")


def refuse_unlike(parents: Sequence[Parent]) -> None:
    """Rows of one version are of one kind, and ask the student in the same words."""
    first = parents[0].manifest
    for parent in parents[1:]:
        other = parent.manifest
        if other.kind != first.kind:
            raise UsageError(
                f"{parent.folder}: is of kind {other.kind}, {parents[0].folder} of kind {first.kind}; expected one kind"
            )
        if other.prompts["train"].sha256 != first.prompts["train"].sha256:
            raise UsageError(
                f"{parent.folder}: asks by the prompt `{other.prompts['train'].name}`, {parents[0].folder} by "
                f"`{first.prompts['train'].name}`, which is worded otherwise; build one of them again with the other's"
            )


def _describe(
    version: str,
    recipe: MixRecipe,
    parents: Sequence[Parent],
    *,
    mixed: pl.DataFrame,
    kept: pl.DataFrame,
    shards: list[Shard],
    place: Path,
) -> Manifest:
    facts = [parent.manifest for parent in parents]
    licences = {name: licence for fact in facts for name, licence in fact.licences.items()}
    licences |= {source.source: source.licence for fact in facts for source in fact.sources if source.licence}
    problems = mixed.select("source", id="problem_id").unique()
    has_words = facts[0].kind == "sft"
    return Manifest(
        version=version,
        kind=facts[0].kind,
        name=recipe.name,
        rows=kept.height,
        validation_rows=kept.filter(split="validation").height,
        problems=problems.height,
        shards=shards,
        answer_tag_added=None,
        words=measure_lengths(_add_words(kept, place)) if has_words else None,
        sources=count_sources(problems, kept, licences),
        funnel=[_count(mixed, kept)],
        recipe_sha256=hash_mixture(recipe, parents),
        models=_join_models(facts),
        prompts=_join_prompts(facts),
        grader_version=", ".join(dict.fromkeys(fact.grader_version for fact in facts)),
        licences=licences,
        citations={name: text for fact in facts for name, text in fact.citations.items()},
        restricted=sorted({name for fact in facts for name in fact.restricted} & set(kept["source"])),
        datasets=sorted({dataset for fact in facts for dataset in fact.datasets}),
        parents=[fact.version for fact in facts],
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def hash_mixture(recipe: MixRecipe, parents: Sequence[Parent]) -> str:
    """Hex digest over what makes the mixture; parents by their versions, not by where they stand."""
    content = [recipe.seed, recipe.mix.model_dump(by_alias=True), [parent.manifest.version for parent in parents]]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _count(mixed: pl.DataFrame, kept: pl.DataFrame) -> FunnelStep:
    left_out = mixed["left_out_for"].drop_nulls().value_counts(sort=True)
    return FunnelStep(
        step=STEP,
        rows_in=mixed.height,
        rows_out=kept.height,
        problems_in=mixed["problem_id"].n_unique(),
        problems_out=kept["problem_id"].n_unique(),
        reasons=dict(left_out.iter_rows()),
    )


def _tell_reasons(mixed: pl.DataFrame) -> str:
    return ", ".join(f"{n:,} {reason}" for reason, n in mixed["left_out_for"].value_counts(sort=True).iter_rows())


def _list_rejected(left_out: pl.DataFrame) -> pl.DataFrame:
    return left_out.select("id", "problem_id", "source", rejected_at=pl.lit(STEP), rejected_for="left_out_for")


def _gather_lineage(parents: Sequence[Parent], kept: pl.DataFrame) -> pl.LazyFrame:
    """Every sample of the problems that have a row here; `kept` says whether its own row is here."""
    frames = [
        _take_lineage(parent, kept.filter(parent=place)).with_columns(parent=pl.lit(parent.manifest.version))
        for place, parent in enumerate(parents)
    ]
    return pl.concat(frames, how="diagonal")


def _gather_probes(parents: Sequence[Parent], kept: pl.DataFrame) -> list[pl.LazyFrame]:
    """Every reply to a probe of the problems that have a row here."""
    found = [(place, parent.folder / PROBES_FILE) for place, parent in enumerate(parents)]
    return [
        pl.scan_parquet(path).filter(
            pl.col("problem_id").is_in(kept.filter(parent=place)["problem_id"].unique().implode())
        )
        for place, path in found
        if path.is_file()
    ]


def _take_lineage(parent: Parent, kept: pl.DataFrame) -> pl.LazyFrame:
    lineage = pl.scan_parquet(parent.folder / "lineage.parquet")
    of_row = pl.format("{}/{}", "problem_id", "slot") if parent.manifest.kind == "sft" else pl.col("problem_id")
    return lineage.filter(pl.col("problem_id").is_in(kept["problem_id"].unique().implode())).with_columns(
        kept=of_row.is_in(kept["id"].implode())
    )


def _join_models(facts: Sequence[Manifest]) -> dict[str, str | None]:
    """By role; where parents differ, all of them."""
    roles = dict.fromkeys(role for fact in facts for role in fact.models)
    named = {role: dict.fromkeys(model for fact in facts if (model := fact.models.get(role))) for role in roles}
    return {role: ", ".join(models) or None for role, models in named.items()}


def _join_prompts(facts: Sequence[Manifest]) -> dict[str, PromptText]:
    """By role; of a role whose words differ, each under the version that it is from."""
    found: dict[str, PromptText] = {}
    for fact in facts:
        for role, prompt in fact.prompts.items():
            same = found.setdefault(role, prompt).sha256 == prompt.sha256
            if not same:
                found[f"{role}@{fact.version}"] = prompt
    return found
