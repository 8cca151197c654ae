"""What a version says about itself for machines: `ovlt.json`, written last, so that a folder that has one is whole."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
from msgspec import Struct

import ovlt_data
from ovlt_data.publish.compose import has_answer_tag
from ovlt_data.publish.features import SCHEMA_VERSION, Kind
from ovlt_data.publish.provenance import ROLES, Provenance
from ovlt_data.publish.shards import Shard
from ovlt_data.recipe import Recipe, recipe_hash
from ovlt_data.tables import Curated
from ovlt_data.types import Difficulty, FunnelStep

MANIFEST = "ovlt.json"


class PromptText(Struct, frozen=True):
    name: str
    sha256: str
    text: str


class SourceCount(Struct, frozen=True, kw_only=True):
    source: str
    problems: int
    kept: int
    """Problems with a row."""
    rows: int
    licence: str | None


class Lengths(Struct, frozen=True):
    """Words of reasoning in the rows: percentiles."""

    p5: int
    p50: int
    p95: int


class Manifest(Struct, frozen=True, kw_only=True):
    version: str
    schema_version: int = SCHEMA_VERSION
    kind: Kind
    name: str
    rows: int
    """Of all splits."""
    validation_rows: int = 0
    problems: int
    """Read from the sources: kept, rejected or failed."""
    shards: list[Shard]
    answer_tag_added: int | None
    """Rows whose reasoner wrote no <answer> tag; None for a mixture, whose parents say it."""
    words: Lengths | None
    """None for rows without a completion."""
    sources: list[SourceCount]
    funnel: list[FunnelStep]
    difficulty: list[Difficulty] = []
    """By source; empty for a mixture, whose parents say it."""
    probes: list[Difficulty] = []
    """The same by probe and source; `models` and `prompts` say who was asked, as `probe_<name>`, and how."""
    recipe_sha256: str
    models: dict[str, str | None]
    prompts: dict[str, PromptText]
    grader_version: str
    licences: dict[str, str]
    citations: dict[str, str] = {}
    restricted: list[str] = []
    """Sources whose licence does not let their rows be passed on."""
    datasets: list[str] = []
    """Hub datasets that problems were read from, as `owner/name@commit`."""
    parents: list[str]
    ovlt: str = ovlt_data.__version__
    created: str


def describe(
    version: str,
    *,
    recipe: Recipe,
    problems: pl.DataFrame,
    curated: Curated,
    provenance: Provenance,
    shards: list[Shard],
) -> Manifest:
    """The account of a version whose shards are written."""
    kept = curated.rows
    return Manifest(
        version=version,
        kind=recipe.build.kind,
        name=recipe.name,
        rows=kept.height,
        validation_rows=count_held_back(kept),
        problems=problems.height,
        shards=shards,
        answer_tag_added=sum(not has_answer_tag(text) for text in kept["content"]) if "content" in kept.columns else 0,
        words=measure_lengths(kept),
        sources=count_sources(problems, kept, provenance.licences),
        funnel=list(curated.funnel),
        difficulty=list(curated.difficulty),
        probes=list(curated.probes),
        recipe_sha256=recipe_hash(recipe),
        models=provenance.all_models(),
        prompts=_list_prompts(provenance),
        grader_version=provenance.grader_version,
        licences=dict(provenance.licences),
        citations=dict(provenance.citations),
        restricted=list(provenance.restricted),
        datasets=list(provenance.datasets),
        parents=list(provenance.parents),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def write_manifest(manifest: Manifest, folder: Path) -> None:
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (folder / MANIFEST).write_bytes(text + b"\n")


def count_held_back(kept: pl.DataFrame) -> int:
    return kept.filter(split="validation").height if "split" in kept.columns else 0


def count_sources(problems: pl.DataFrame, kept: pl.DataFrame, licences: Mapping[str, str]) -> list[SourceCount]:
    rows = kept.group_by("source").agg(rows=pl.len(), kept=pl.col("problem_id").n_unique())
    table = problems.group_by("source").agg(problems=pl.len()).join(rows, on="source", how="left").fill_null(0)
    return [
        SourceCount(**counts, licence=licences.get(counts["source"]))
        for counts in table.sort("source").iter_rows(named=True)
    ]


def measure_lengths(kept: pl.DataFrame) -> Lengths | None:
    if "words" not in kept.columns:
        return None
    return Lengths(*(int(kept["words"].quantile(share, interpolation="lower") or 0) for share in (0.05, 0.5, 0.95)))


def _list_prompts(provenance: Provenance) -> dict[str, PromptText]:
    said = provenance.prompts
    roles = [role for role in dict.fromkeys([*ROLES, *said]) if role in said]
    return {role: PromptText(said[role].name, said[role].sha256, said[role].text) for role in roles}
