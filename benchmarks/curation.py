"""Curation beside `datasets` with Python's re, one core each: python -m benchmarks.curation

select: shortest → strip_reflections: truncate or excise → min_words, max_words, on four correct samples of each
problem. Traces are R1's own where OVLT_SAMPLES says where they are, and ours elsewhere, each made distinct. The other
side maps row by row, and once more in batches, as `datasets` advises for speed. All must keep the same rows with the
same text. They take turns, after one round that is not counted.
"""

# pyright: reportUnknownLambdaType=false, reportUnknownParameterType=false
# `datasets` types no row.

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from datasets import Dataset, disable_progress_bars

from benchmarks.excise_by_row import excise
from ovlt_data.curate import curate
from ovlt_data.recipe import Step
from ovlt_data.tables import PROBLEMS, SAMPLES

ROWS, WARM, ROUNDS = 20_000, 400, 3
LIMITS = (20, 500)
"""Words."""
_MARKER = re.compile("Wait,|But wait|But the question")
_LEADING = re.compile(rf"\s*(?:(?:{_MARKER.pattern})\s*)*")
OURS = "There are 3 rows of 4 cups. " * 20 + "So 12. Wait, let me double-check that. 3 * 4 = 12. " * 10


def main() -> None:
    for how in ("truncate", "excise"):
        command = [sys.executable, "-m", "benchmarks.curation", how]
        env = os.environ | {"POLARS_MAX_THREADS": "1"}
        print(subprocess.check_output(command, env=env, text=True).strip())


def compare(how: str) -> None:
    """In a process of its own, where polars has one thread."""
    disable_progress_bars()
    traces = read_traces()
    sides = {"ours": run_ours, "row by row": run_datasets, "in batches": run_batches}
    kept = {name: run(how, traces[:WARM]) for name, run in sides.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, run in sides.items():
            spent, kept[name] = _time(run, how, traces)
            seconds[name].append(spent)
        assert kept["ours"] == kept["row by row"] == kept["in batches"], "the sides keep different rows"
    ours, *theirs = (statistics.median(times) for times in seconds.values())
    rates = ", ".join(f"{name} {ROWS / spent:,.0f}" for name, spent in zip(sides, (ours, *theirs), strict=True))
    ratios = ", ".join(f"{spent / ours:.1f}x" for spent in theirs)
    print(f"curation, {how}: rows per CPU second: {rates} ({ratios}); {len(kept['ours']):,} of {ROWS:,} rows kept")


def run_ours(how: str, traces: list[str]) -> list[str]:
    least, most = LIMITS
    steps = [{"select": "shortest"}, {"strip_reflections": how}, {"min_words": least}, {"max_words": most}]
    names = [f"p{number // 4:06}" for number in range(len(traces))]
    problems = pl.DataFrame({"id": sorted(set(names))}).with_columns(source=pl.lit("r1"), answer=pl.lit("12"))
    samples = pl.DataFrame({"problem_id": names, "slot": [n % 4 for n in range(len(names))], "reasoning": traces})
    curated = curate(
        _fill(problems, PROBLEMS),
        _fill(samples.with_columns(source=pl.lit("r1"), status=pl.lit("correct")), SAMPLES),
        [Step.model_validate(step) for step in steps],
        kind="sft",
    )
    return curated.rows["reasoning"].to_list()


def run_datasets(how: str, traces: list[str]) -> list[str]:
    strip = truncate if how == "truncate" else excise
    least, most = LIMITS
    rows = Dataset.from_dict({"problem": [n // 4 for n in range(len(traces))], "reasoning": traces})
    rows = rows.map(lambda row: {"words": len(row["reasoning"].split())})
    rows = rows.select(_choose_shortest(rows))
    rows = rows.map(lambda row: {"reasoning": strip(row["reasoning"])})
    rows = rows.map(lambda row: {"words": len(row["reasoning"].split())})
    return rows.filter(lambda row: least <= row["words"] <= most)["reasoning"][:]


def run_batches(how: str, traces: list[str]) -> list[str]:
    strip = truncate if how == "truncate" else excise
    least, most = LIMITS
    rows = Dataset.from_dict({"problem": [n // 4 for n in range(len(traces))], "reasoning": traces})
    rows = rows.map(_count_words, batched=True)
    rows = rows.select(_choose_shortest(rows))
    rows = rows.map(lambda batch: {"reasoning": [strip(text) for text in batch["reasoning"]]}, batched=True)
    rows = rows.map(_count_words, batched=True)
    return rows.filter(lambda batch: [least <= n <= most for n in batch["words"]], batched=True)["reasoning"][:]


def _count_words(batch: dict[str, list[str]]) -> dict[str, list[int]]:
    return {"words": [len(text.split()) for text in batch["reasoning"]]}


def _choose_shortest(rows: Dataset) -> list[int]:
    best: dict[int, int] = {}
    words = rows["words"][:]
    for number, problem in enumerate(rows["problem"][:]):
        if problem not in best or words[number] < words[best[problem]]:
            best[problem] = number
    return sorted(best.values())


def truncate(text: str) -> str:
    leading = _LEADING.match(text)
    marker = _MARKER.search(text, leading.end() if leading else 0)
    return text[: marker.start()].rstrip() if marker else text


def read_traces() -> list[str]:
    path = Path(os.environ.get("OVLT_SAMPLES", "-"), "r1_traces", "deepseek_r1_gsm8k_math.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    texts = [json.loads(line)["reasoning"].split("</think>")[0].strip() for line in lines] or [OURS]
    return [f"{texts[number % len(texts)]}\n\nCase {number}." for number in range(ROWS)]


def _fill(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """With every column of the schema, null where `rows` has none."""
    return pl.concat([pl.DataFrame(schema=schema), rows], how="diagonal_relaxed")


def _time(run: Callable[[str, list[str]], list[str]], how: str, traces: list[str]) -> tuple[float, list[str]]:
    """CPU seconds, and the traces kept."""
    start = time.process_time()
    kept = run(how, traces)
    return time.process_time() - start, kept


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compare(sys.argv[1])
    else:
        main()
