"""Every sample of the run, kept or not, with what was asked and what was said: the way back from each row."""

import polars as pl

from ovlt_data.publish.provenance import JUDGE, Provenance
from ovlt_data.tables import Curated

EDIT = "edit"
"""The editor's role."""
PROBES_FILE = "probes.parquet"
_OF_PROBLEM = ("origin", "question", "answer", "answer_type", "choices", "image_sha256")
_FATE = pl.Schema(
    {"kept": pl.Boolean, "rejected_at": pl.String, "rejected_for": pl.String, "words": pl.Int64, "edited": pl.Boolean}
)


def trace_samples(
    problems: pl.DataFrame,
    captions: pl.DataFrame,
    samples: pl.DataFrame,
    *,
    curated: Curated,
    provenance: Provenance,
) -> pl.DataFrame:
    """Samples in the order (source, problem_id, slot), each with its problem, its caption and what became of it.

    `model` is the identity of who said it, `rung` the try that it comes from. `words` is the length of its reasoning
    when it was kept or dropped; a problem's row (GRPO) has none. Where a judge was asked, `judge` is who it is, and
    `judgement` what it said. `edit` is what an editor made of a trace, `edited` whether curation took it.
    """
    keys = [column for column in ("problem_id", "slot") if column in curated.rows.columns]
    fates = [
        pl.DataFrame(schema=_FATE),
        curated.rows.with_columns(kept=True),
        curated.rejected.with_columns(kept=False),
    ]
    fate = pl.concat(fates, how="diagonal").select(*keys, *_FATE)
    captioned = captions.select(
        "problem_id",
        caption="text",
        caption_prompt="prompt",
        caption_response_key="response_key",
        caption_turns="turns",
    )
    return (
        samples.join(problems.select(*_OF_PROBLEM, problem_id="id"), on="problem_id", how="left")
        .join(captioned, on="problem_id", how="left")
        .join(fate, on=keys, how="left")
        .with_columns(
            pl.col("kept", "edited").fill_null(value=False),
            pl.col("model").replace(provenance.teachers),
            *_tell_editor(provenance),
            judge=pl.when(pl.col("judgement").is_not_null()).then(pl.lit(provenance.models.get(JUDGE), pl.String)),
        )
        .sort("source", "problem_id", "slot")
    )


def trace_probes(probes: pl.DataFrame, provenance: Provenance) -> pl.DataFrame:
    """Every reply to a probe in the order (source, problem_id, probe, turn, slot), with who gave it and what it was
    asked by."""
    role = pl.when(pl.col("probe") == "caption").then(pl.lit("reason")).otherwise(pl.format("probe_{}", "probe"))
    hashes = {name: prompt.sha256 for name, prompt in provenance.prompts.items()}
    known = {"model": dict(provenance.models), "prompt_sha256": hashes}
    facts = {
        name: role.replace_strict(by_role, default=None, return_dtype=pl.String) for name, by_role in known.items()
    }
    return probes.with_columns(**facts).sort("source", "problem_id", "probe", "turn", "slot")


def _tell_editor(provenance: Provenance) -> list[pl.Expr]:
    """Who edited, and by which prompt, of the samples that were."""
    prompt = provenance.prompts.get(EDIT)
    facts = {"edit_model": provenance.models.get(EDIT), "edit_prompt_sha256": prompt and prompt.sha256}
    asked = pl.col("edit").is_not_null()
    return [pl.when(asked).then(pl.lit(fact, pl.String)).alias(name) for name, fact in facts.items()]
