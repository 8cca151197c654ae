"""Scores as people read them: models side by side, as in the paper's Table 1; then each benchmark by category."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from ovlt_data.evaluate.score import Score

INTERVAL = "Percent correct, with Wilson's 95 percent interval."
COLUMNS = ["model", "benchmark", "rule", "category", "problems", "correct", "accuracy", "low", "high"]
JUDGED = ["judged", "judged_low", "judged_high", "judge_unclear", "judged_by"]
SETTINGS = ["weights", "prompt", "sampling", "harness"]


def render_markdown(scores: Sequence[Score]) -> str:
    """All tables."""
    whole = [score for score in scores if not score.category]
    parts = [render_overview(scores), _render_counts(whole), _render_settings(whole)]
    for benchmark in _names(score.benchmark for score in scores):
        filed = [score for score in scores if score.category and score.benchmark == benchmark]
        if filed:
            parts.append(f"## {benchmark}\n\n{_side_by_side(filed, heading='category', row=lambda s: s.category)}")
    return "\n\n".join(parts) + "\n"


def render_overview(scores: Sequence[Score]) -> str:
    """A row for each benchmark, a column for each model."""
    whole = [score for score in scores if not score.category]
    beside = [figure for score in whole for figure in (score, *_as_judged(score))]
    table = _side_by_side(beside, heading="benchmark", row=lambda score: score.benchmark)
    return f"{table}\n\n{INTERVAL}\n{_tell_settings(whole)}"


def _as_judged(score: Score) -> list[Score]:
    """The judge's figure as a line of its own."""
    if (said := score.judged) is None:
        return []
    name = f"{score.benchmark}, judged"
    return [replace(score, benchmark=name, correct=said.correct, low=said.low, high=said.high)]


def _tell_settings(whole: Sequence[Score]) -> str:
    """What two figures must have in common to be compared: who asked, in which words, how drawn, who judged."""
    said = {
        "harness": _names(score.harness for score in whole),
        "prompts": _names(score.prompt for score in whole),
        "sampling": _names(score.sampling for score in whole),
        "judge": _names(score.rule for score in whole),
        "judged": _names(score.judged.by for score in whole if score.judged),
    }
    if not said["judged"]:
        del said["judged"]
    lines = [
        f"{name.capitalize():<9} {' · '.join(filter(None, values)) or 'not recorded'}" for name, values in said.items()
    ]
    return "\n".join([*lines, "The benchmarks' own rules stand beside ours in scores.md."])


def render_csv(scores: Sequence[Score]) -> str:
    """A line for each model, benchmark and category."""
    ks = sorted({k for score in scores for k in score.pass_at})
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    beside = ["unscorable", "failed", "guess", "official", "official_rule", *JUDGED]
    writer.writerow([*COLUMNS, *beside, *_pass_columns(ks), *SETTINGS])
    for s in scores:
        said = [s.model, s.benchmark, s.rule, s.category, s.problems, s.correct, f"{s.accuracy:.4f}", f"{s.low:.4f}"]
        passes = [f"{rates[k]:.4f}" if k in rates else "" for rates in (s.pass_at, s.official_pass_at) for k in ks]
        guess = "" if s.guess is None else f"{s.guess:.4f}"
        others = [s.unscorable, s.failed, guess, _official(s), s.official_rule, *_judged(s)]
        asked = [s.weights, s.prompt, s.sampling, s.harness]
        writer.writerow([*said, f"{s.high:.4f}", *others, *passes, *asked])
    return file.getvalue()


def render_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown whose columns stand under each other in a terminal."""
    widths = [max(len(line[column]) for line in [heading, *rows]) for column in range(len(heading))]
    rule = ["-" * width for width in widths]
    lines = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in [heading, rule, *rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _pass_columns(ks: Sequence[int]) -> list[str]:
    return [f"{rule}pass@{k}" for rule in ("", "official ") for k in ks]


def _render_counts(whole: Sequence[Score]) -> str:
    """What stands behind the figures, and pass@k."""
    ks = sorted({k for score in whole for k in score.pass_at})
    heading = ["model", "benchmark", "problems", "correct", "unscorable", "failed", "blind guess", "official rule"]
    heading += ["judged", "unclear"] if any(score.judged for score in whole) else []
    rows = [
        [
            s.model,
            s.benchmark,
            *(f"{n:,}" for n in (s.problems, s.correct, s.unscorable, s.failed)),
            "–" if s.guess is None else f"{100 * s.guess:.1f}",
            f"{_official(s)} {s.official_rule}",
            *(_judged(s)[column] for column in (0, 3) if "judged" in heading),
            *(f"{100 * rates[k]:.1f}" if k in rates else "–" for rates in (s.pass_at, s.official_pass_at) for k in ks),
        ]
        for s in whole
    ]
    return render_table([*heading, *_pass_columns(ks)], rows)


def _render_settings(whole: Sequence[Score]) -> str:
    """Whose figures they are, and what else they depend on."""
    heading = ["model", "benchmark", *SETTINGS, "judge", "judged by"]
    rows = [
        [s.model, s.benchmark, s.weights, s.prompt, s.sampling, s.harness, s.rule, s.judged.by if s.judged else "–"]
        for s in whole
    ]
    return f"## How they were asked\n\nWithout a system prompt.\n\n{render_table(heading, rows)}"


def _official(score: Score) -> str:
    return "" if score.official is None else f"{score.official:.4f}"


def _judged(score: Score) -> list[str]:
    """What stands under JUDGED."""
    if (said := score.judged) is None:
        return [""] * len(JUDGED)
    return [*(f"{share:.4f}" for share in (said.accuracy, said.low, said.high)), str(said.unclear), said.by]


def _side_by_side(scores: Sequence[Score], *, heading: str, row: Callable[[Score], str]) -> str:
    models = _names(score.model for score in scores)
    cells = {(row(score), score.model): _cell(score) for score in scores}
    names = _names(row(score) for score in scores)
    counts = {name: _names(f"{score.problems:,}" for score in scores if row(score) == name) for name in names}
    rows = [[name, " or ".join(counts[name]), *(cells.get((name, model), "–") for model in models)] for name in names]
    return render_table([heading, "problems", *models], rows)


def _cell(score: Score) -> str:
    return f"{100 * score.accuracy:.1f} ({100 * score.low:.1f} to {100 * score.high:.1f})"


def _names(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
