"""Commands on versions: `ovlt diff`, `ovlt trace`, `ovlt check DATASET`, `ovlt export`, `ovlt push`."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from ovlt_data.check.dataset import check_dataset
from ovlt_data.publish.diff import Diff, diff_versions
from ovlt_data.publish.export import export_version
from ovlt_data.publish.parent import open_parent
from ovlt_data.publish.push import push_version
from ovlt_data.publish.trace import Trace, trace_row
from ovlt_data.replay import write_curl
from ovlt_data.serve.embedded import TINY_MODEL

TEMPLATE = "chat_template.jinja"


def print_diff(before: Path, after: Path, *, as_json: bool) -> None:
    """`ovlt diff`."""
    diff = diff_versions(open_parent(before), open_parent(after))
    if as_json:
        print(json.dumps(msgspec.to_builtins(diff)))
    else:
        _show_diff(diff)


def print_trace(dataset: Path, name: str, *, runs: Path, curl: bool, as_json: bool) -> None:
    """`ovlt trace`."""
    version = open_parent(dataset)
    trace = trace_row(version, name, among=runs)
    if curl:
        print(write_curl(version, trace))
    elif as_json:
        print(json.dumps(msgspec.to_builtins(trace)))
    else:
        _show_trace(trace)


def export(dataset: Path, trainer: str, *, out: Path | None, max_pixels: int) -> None:
    """`ovlt export`."""
    version = open_parent(dataset)
    done = export_version(version, trainer, out or Path(f"{version.manifest.name}-{trainer}"), max_pixels=max_pixels)
    print(f"{done.rows:,} rows in {done.folder}: {', '.join(done.files)}")


def push(dataset: Path, repo: str, *, private: bool, tag: str | None, as_json: bool) -> None:
    """`ovlt push`."""
    pushed = push_version(open_parent(dataset), repo, private=private, tag=tag, say=_say)
    if as_json:
        print(json.dumps(msgspec.to_builtins(pushed)))
        return
    state = "pushed" if pushed.new else "stood there already"
    print(f"{pushed.repo}: version {pushed.version} {state}, commit {pushed.commit}, tags {', '.join(pushed.tags)}")
    print(f"Load      datasets.load_dataset('{pushed.repo}', revision='{pushed.version}')")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def print_dataset_check(dataset: Path, *, model: Path | None) -> int:
    """`ovlt check DATASET`; 2 where something is wrong."""
    wrong = 0
    for finding in check_dataset(open_parent(dataset), (model or TINY_MODEL) / TEMPLATE):
        wrong += finding.level == "wrong"
        print(f"{finding.level:<8} {finding.what:<24} {finding.says}", flush=True)
    return 2 if wrong else 0


def _show_diff(diff: Diff) -> None:
    print(f"{diff.before} -> {diff.after}: {diff.rows[0]:,} -> {diff.rows[1]:,} rows")
    print(f"{diff.added:,} added, {diff.removed:,} removed, {diff.changed:,} changed")
    columns = ("source", "before", "after", "added", "removed", "changed", "words", "pass rate")
    table = Table(*columns, box=None, header_style="")
    for source in diff.sources:
        counts = (source.before, source.after, source.added, source.removed, source.changed)
        table.add_row(source.source, *map(str, counts), _pair(source.words, 0), _pair(source.pass_rate, 2))
    Console().print(table)
    for change, n in diff.verdicts.items():
        print(f"verdicts: {n:,} {change}")
    for name, (one, other) in diff.facts.items():
        print(f"{name}: {json.dumps(one)} -> {json.dumps(other)}")
    print("\n".join(diff.recipe))


def _pair(values: tuple[float | None, float | None], digits: int) -> str:
    return " -> ".join("-" if value is None else f"{value:.{digits}f}" for value in values)


def _show_trace(trace: Trace) -> None:
    first = trace.samples[0]
    print(f"version   {trace.version}")
    print(f"row       {trace.row_id or 'none: no row of this problem is in the version'}")
    _show("problem", first, ("source", "origin", "question", "choices", "answer", "answer_type", "image_sha256"))
    _show("caption", first, ("caption_response_key", "caption_prompt", "caption"))
    for turn in first.get("caption_turns") or []:
        _show(f"on the way to the caption · {turn['role']}", turn, ("response_key", "prompt", "text"))
    for sample in trace.samples:
        fate = "kept" if sample["kept"] else f"{sample['rejected_for']} at `{sample['rejected_at']}`"
        print(f"\nsample {sample['slot']} · {sample['status']} · {fate}")
        _show("", sample, ("model", "response_key", "extracted", "method", "reason", "finish_reason", "prompt"))
        _show("", sample, ("judge", "judge_prompt"))
        _show("judgement", sample.get("judgement") or {}, ("status", "answer", "said", "response_keys"))
        _show("", sample, ("reasoning", "content"))
        if edit := sample.get("edit"):
            fate = "taken for the trace" if sample["edited"] else "not taken"
            _show(f"its edit · {fate}", sample, ("edit_model", "edit_prompt_sha256"))
            _show("", edit, ("response_key", "fault", "changed", "extracted", "reasoning", "content"))
    print("\nancestors" if trace.ancestors else "\nno ancestors: made from its sources alone")
    for one in trace.ancestors:
        print(f"{'  ' * (one.depth + 1)}{one.kind} {one.name} {one.detail} ({one.place or 'not among the runs'})")


def _show(title: str, facts: dict[str, Any], names: Iterable[str]) -> None:
    """Names and values below each other; long texts indented."""
    if title:
        print(f"\n{title}")
    for name in names:
        value = facts.get(name)
        if value in (None, "", []):
            continue
        text = str(value)
        print(f"  {name}: {text}" if "\n" not in text else f"  {name}:\n" + _indent(text))


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
