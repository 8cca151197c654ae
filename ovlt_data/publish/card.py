"""The dataset card: `README.md`, which people read and which tells `datasets` and the Hub what to load."""

from collections.abc import Iterable, Sequence

import yaml

from ovlt_data.publish.charts import CHARTS
from ovlt_data.publish.manifest import Manifest
from ovlt_data.review import Finding
from ovlt_data.text.reflect import describe_stripped
from ovlt_data.types import Difficulty, FunnelStep

CARD = "README.md"
_ROWS = {
    "sft": "A row is a picture (or none), a question as the student is asked it, and a completion: "
    "`<think>` reasoning `</think>`, a solution in prose, and the `<answer>`.",
    "grpo": "A row is a picture (or none), a question as the student is asked it, and the gold answer for the reward.",
}


def write_card(manifest: Manifest, *, recipe: str, findings: Sequence[Finding] = ()) -> str:
    """The card's text; `recipe` is the resolved one, `findings` what people said of its samples."""
    sections = {
        "Load it": _load(),
        "Train on it": _train(manifest),
        "What it is made from": _table(
            ("source", "problems", "kept", "rows", "licence"),
            [(s.source, s.problems, s.kept, s.rows, s.licence or "not stated") for s in manifest.sources],
        ),
        "What was left out": _funnel(manifest.funnel),
        "How precise": _precision(manifest, findings),
        "How hard, how long": f"![rows by source, pass rates, lengths]({CHARTS})\n\n{_lengths(manifest)}".strip(),
        "Probes": _probes(manifest.probes),
        "Who said it": _models(manifest),
        "Cite": "\n".join(f"- {name}: {text}" for name, text in sorted(manifest.citations.items())),
        "Prompts": "\n\n".join(f"**{role}**\n\n{_fence(p.text)}" for role, p in manifest.prompts.items()),
        "Recipe": _fence(recipe, "yaml"),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return f"---\n{_front_matter(manifest)}---\n\n# {manifest.name}\n\n{_intro(manifest)}\n\n{body}\n"


def _front_matter(manifest: Manifest) -> str:
    """Only `data/` is loaded; lineage and rejected rows travel with it.

    `datasets` caches a folder by its last name and by these configs, not by its files: without the version in them,
    the rows of any other folder called `dataset` would be taken for ours.
    """
    splits = ["train", "validation"] if manifest.validation_rows else ["train"]
    files = [{"split": split, "path": f"data/{split}-*.parquet"} for split in splits]
    config = {"config_name": "default", "description": f"version {manifest.version}", "data_files": files}
    facts = {
        "pretty_name": manifest.name,
        "task_categories": ["image-text-to-text"],
        "tags": ["reasoning", "vision-language", manifest.kind, "ovlt"],
        "configs": [config],
    }
    return yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)


def _intro(manifest: Manifest) -> str:
    kept = sum(source.kept for source in manifest.sources)
    return (
        f"{manifest.rows:,} rows from {kept:,} of {manifest.problems:,} problems, made by ovlt {manifest.ovlt}; "
        f"version `{manifest.version}`. {_ROWS[manifest.kind]}\n\n"
        "`lineage.parquet` holds every sample with its verdict and the prompt that was sent, `rejected.parquet` what "
        "was dropped and why, `ovlt.json` all figures of this page."
    )


def _load() -> str:
    return _fence(
        'from datasets import load_dataset\n\ntrain = load_dataset("FOLDER or Hub id", split="train")', "python"
    )


def _train(manifest: Manifest) -> str:
    method = manifest.kind
    recipe = f"name: student\nmodel: Qwen/Qwen2.5-VL-7B-Instruct\ndataset: FOLDER or Hub id\ntag: {manifest.version}"
    command = _fence(f"ovlt train {method} train.yaml --gpus 8", "console")
    others = "`ovlt export DATASET --to TRAINER` writes the columns of LLaMA-Factory, EasyR1, verl and ms-swift."
    return f"{_fence(recipe, 'yaml')}\n\n{command}\n\n{others}"


def _funnel(funnel: Sequence[FunnelStep]) -> str:
    rows = [(step.step, step.rows_in, step.rows_out, step.problems_out, _dropped(step)) for step in funnel]
    table = _table(("step", "rows in", "rows out", "problems left", "dropped"), rows)
    if not any(step.step.startswith("mark") for step in funnel):
        return table
    return f"{table}\n\nA column `mark_…` is true where that filter would have dropped the row."


def _dropped(step: FunnelStep) -> str:
    reasons = [f"{n:,} {reason}" for reason, n in step.reasons.items()] or ["none"]
    if step.touched:
        reasons.append(f"{step.touched:,} {'marked' if step.step.startswith('mark') else 'edited'}")
    if step.judged:
        reasons.append(f"{step.judged:,} by the judge's word")
    if step.stripped:
        reasons.append(describe_stripped(step.stripped))
    return "; ".join(reasons)


def _precision(manifest: Manifest, findings: Sequence[Finding]) -> str:
    """Of rows that hold a sample: kept ones that people found right, by source; one that nobody looked at says so."""
    seen = {finding.of: finding for finding in findings if finding.kept}
    if manifest.kind != "sft" or not seen:
        return ""
    rows = [(s.source, s.rows, *_tell_precision(seen.get(s.source))) for s in manifest.sources if s.rows]
    return (
        _table(("source", "rows", "looked at", "right", "precision", "95 percent interval"), rows)
        + "\n\nMarked by people (`ovlt review`) in a seeded draw from each source's rows; the interval is Wilson's."
    )


def _tell_precision(finding: Finding | None) -> Sequence[object]:
    if finding is None:
        return 0, "–", "–", "–"
    share, interval = f"{finding.right / finding.n:.1%}", f"{finding.low:.1%} to {finding.high:.1%}"
    return finding.n, finding.right, share, interval


def _lengths(manifest: Manifest) -> str:
    if manifest.words is None:
        return ""
    words, added = manifest.words, manifest.answer_tag_added
    return (
        f"Words of reasoning: 5 percent of the rows have {words.p5:,} or fewer, half {words.p50:,} or fewer, "
        f"95 percent {words.p95:,} or fewer."
        + (f" ovlt added the `<answer>` tag to {added:,} rows." if added is not None else "")
    )


def _probes(probes: Sequence[Difficulty]) -> str:
    """How far other ways of asking lead, by source."""
    if not probes:
        return ""
    rows = [(p.probe, p.source, p.rated, _mean(p), p.bins[-1]) for p in probes]
    table = _table(("probe", "source", "problems", "pass rate", "always right"), rows)
    return f"{table}\n\nA column `probe_…` is each problem's own pass rate; `probes.parquet` holds every reply."


def _mean(probe: Difficulty) -> str:
    return f"{probe.pass_at[0].rate:.2f}" if probe.pass_at else "–"


def _models(manifest: Manifest) -> str:
    rows = [
        (role, model, manifest.licences.get(model, "not stated")) for role, model in manifest.models.items() if model
    ]
    return _table(("role", "model", "licence"), rows) + f"\n\nGrader: {manifest.grader_version}."


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").split())


def _fence(text: str, language: str = "text") -> str:
    """A code block that nothing in the text can close."""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}{language}\n{text.strip()}\n{ticks}"
