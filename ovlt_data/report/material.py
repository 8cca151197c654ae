"""What a report is made from, read out of a run's folder or out of a dataset version, in one form for both."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

from ovlt_data.engine.tally import RungTally
from ovlt_data.errors import UsageError
from ovlt_data.review import describe_finding, read_reviews, summarise
from ovlt_data.tables import FAILURES, UNUSABLE, read_table
from ovlt_data.types import Difficulty, FunnelStep

OF_PROBLEM = ("problem_id", "source", "origin", "question", "answer", "choices", "caption")
FATE = pl.Schema({"kept": pl.Boolean, "rejected_at": pl.String, "rejected_for": pl.String, "words": pl.Int64})


class Material(Struct, frozen=True, kw_only=True):
    name: str
    what: str
    facts: Mapping[str, object]
    """Figures of the whole, by what people call them."""
    total: int
    kept: int
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    """All problems = kept + rejected + failed, the latter two by reason."""
    funnel: list[FunnelStep]
    difficulty: list[Difficulty]
    """By source."""
    probes: list[Difficulty] = []
    """By probe and source."""
    reviews: list[str] = []
    """What people found, in lines."""
    problems: pl.DataFrame
    """With its `caption`, its `fate` (kept, rejected, failed, or open: not decided yet) and `why`."""
    samples: pl.DataFrame
    """With `kept`, `rejected_at`, `rejected_for` and `words`: null where curation did not come."""
    failures: pl.DataFrame
    unusable: pl.DataFrame
    version: Path | None
    """The dataset version's folder, where there is one."""
    rungs: list[RungTally] = []
    """Of a run: what each try at its problems cost and won."""


def read_material(folder: Path) -> Material:
    """Read a run's folder, or a dataset version's."""
    if (folder / "ovlt.json").exists():
        return _read_version(folder)
    if (folder / "run.json").exists():
        return _read_run(folder)
    raise UsageError(f"{folder}: expected the folder of a run (with run.json) or of a dataset version (with ovlt.json)")


def _read_run(folder: Path) -> Material:
    run = _read_json(folder / "run.json")
    version = folder / "versions" / run["version"] if run["version"] else None
    failures = read_table(folder, "failures")
    samples = _add_fates(read_table(folder, "samples"), version)
    captions = read_table(folder, "captions").select("problem_id", caption="text")
    problems = read_table(folder, "problems").rename({"id": "problem_id"}).join(captions, on="problem_id", how="left")
    funnel = msgspec.convert(run["funnel"], list[FunnelStep])
    return Material(
        name=folder.name,
        what=f"run, {run['state']}",
        facts={
            "samples": run["samples"],
            "rows": run["rows"],
            "requests sent": run["requests"],
            "tokens written": run["completion_tokens"],
            **({"judged": sum(run["judged"].values())} if run.get("judged") else {}),
            **({"loops cut": run["loops"], "tokens saved": run["tokens_saved"]} if run.get("loops") else {}),
            "seconds": run["seconds"],
            "version": run["version"],
        },
        total=run["problems"],
        kept=run["kept"],
        rejected=run["rejected"],
        failed=run["failures"],
        funnel=funnel,
        difficulty=msgspec.convert(run.get("difficulty", []), list[Difficulty]),
        probes=msgspec.convert(run.get("probes", []), list[Difficulty]),
        problems=_judge(problems, samples, failures, funnel, finished=run["state"] in {"done", "empty"}),
        samples=samples,
        failures=failures,
        unusable=read_table(folder, "unusable"),
        version=version,
        reviews=_list_reviews(folder, version),
        rungs=msgspec.convert(run.get("rungs", []), list[RungTally]),
    )


def _read_version(folder: Path) -> Material:
    manifest = _read_json(folder / "ovlt.json")
    samples = pl.read_parquet(folder / "lineage.parquet")
    funnel = msgspec.convert(manifest["funnel"], list[FunnelStep])
    failures = pl.DataFrame(schema=FAILURES)
    problems = samples.select(*OF_PROBLEM).unique(maintain_order=True)
    problems = _judge(problems, samples, failures, funnel, finished=True)
    kept = sum(source["kept"] for source in manifest["sources"])
    rejected = Counter(problems.filter(fate="rejected")["why"])
    without = manifest["problems"] - kept - rejected.total()
    return Material(
        name=manifest["name"],
        what=f"dataset version {manifest['version']}, {manifest['kind']}",
        facts={"samples": samples.height, "rows": manifest["rows"], "tags added": manifest["answer_tag_added"]},
        total=manifest["problems"],
        kept=kept,
        rejected=rejected,
        failed={"without_samples": without} if without else {},
        funnel=funnel,
        difficulty=msgspec.convert(manifest.get("difficulty", []), list[Difficulty]),
        probes=msgspec.convert(manifest.get("probes", []), list[Difficulty]),
        problems=problems,
        samples=samples,
        failures=failures,
        unusable=pl.DataFrame(schema=UNUSABLE),
        version=folder,
    )


def _list_reviews(run: Path, version: Path | None) -> list[str]:
    if version is None or not (reviews := read_reviews(run)):
        return []
    return [describe_finding(found) for found in summarise(pl.read_parquet(version / "lineage.parquet"), reviews)]


def _add_fates(samples: pl.DataFrame, version: Path | None) -> pl.DataFrame:
    """What became of each sample, from the lineage of the version that the run built."""
    if version is None:
        return samples.with_columns(**{column: pl.lit(None, dtype) for column, dtype in FATE.items()})
    fates = pl.read_parquet(version / "lineage.parquet", columns=["problem_id", "slot", *FATE])
    return samples.join(fates, on=["problem_id", "slot"], how="left")


def _judge(
    problems: pl.DataFrame, samples: pl.DataFrame, failures: pl.DataFrame, funnel: list[FunnelStep], *, finished: bool
) -> pl.DataFrame:
    """Add each problem's fate, and why: where its last sample went, or how it failed."""
    order = {step.step: number for number, step in enumerate(funnel)}
    at = pl.col("rejected_at").replace_strict(order, default=-1, return_dtype=pl.Int64)
    ends = samples.group_by("problem_id").agg(
        is_kept=pl.col("kept").any(), at=at.max(), reason=pl.col("rejected_for").sort_by(at).last()
    )
    reason = pl.when(pl.col("at") > 0).then("reason").otherwise(pl.lit("no_correct"))
    fate = (
        pl.when(pl.col("kind").is_not_null()).then(pl.lit("failed"))
        .when("is_kept").then(pl.lit("kept"))
        .otherwise(pl.lit("rejected" if finished else "open"))
    )  # fmt: skip
    return (
        problems.join(ends, on="problem_id", how="left")
        .join(failures.select("problem_id", "kind"), on="problem_id", how="left")
        .with_columns(fate=fate)
        .with_columns(why=pl.when(fate="failed").then("kind").when(fate="rejected").then(reason))
        .drop("is_kept", "at", "reason", "kind")
    )


def _read_json(path: Path) -> dict[str, Any]:
    return msgspec.json.decode(path.read_bytes())
