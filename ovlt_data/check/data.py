"""What can be checked without a network: problems, golds, identity."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ovlt_data.answers import canonical_answer, grade
from ovlt_data.check.finding import Finding
from ovlt_data.connect import used_models
from ovlt_data.engine.request import identify
from ovlt_data.recipe import Recipe
from ovlt_data.types import Problem, Unusable


def check_sources(recipe: Recipe, rows: Iterable[Problem | Unusable]) -> Iterator[Finding]:
    """How many problems each source has among `rows`, and why the others are no use."""
    usable: Counter[str] = Counter()
    others: defaultdict[tuple[str, str], list[Unusable]] = defaultdict(list)
    for row in rows:
        if isinstance(row, Problem):
            usable[row.source] += 1
        else:
            others[row.source, row.reason].append(row)
    for source, count in usable.items():
        yield Finding("ok", f"problems.{source}", f"{count} problems")
    for spec in recipe.problems.sources:
        if not usable[spec.source] and all(source != spec.source for source, _ in others):
            yield Finding("warning", f"problems.{spec.source}", f"not looked at: {spec.path} is on the Hub")
    for (source, reason), useless in others.items():
        first = f"{useless[0].origin}: {useless[0].message}"
        yield Finding(
            "warning", f"problems.{source}", f"{len(useless)} rows are no problem ({reason}), such as {first}"
        )


def check_golds(problems: Sequence[Problem]) -> Iterator[Finding]:
    """Each gold answer, written as a reply, must pass its own grader."""
    if not problems:
        return
    bad = [problem for problem in problems if not _passes(problem)]
    if not bad:
        yield Finding("ok", "problems", f"all {len(problems)} golds pass their own grader")
        return
    named = "; ".join(f"{problem.source} {problem.origin or problem.id}: {problem.answer!r}" for problem in bad[:3])
    yield Finding("warning", "problems", f"{len(bad)} of {len(problems)} golds do not pass their own grader: {named}")


def check_identity(recipe: Recipe) -> Iterator[Finding]:
    """Which weights each model is taken for."""
    for name in used_models(recipe):
        model = recipe.models[name]
        if model.embedded:
            yield Finding("ok", f"models.{name}", "embedded, known by the hash of its weights")
        elif model.revision or model.checkpoint:
            yield Finding("ok", f"models.{name}", f"known as {identify(model)}")
        else:
            says = f"{model.model} has neither revision nor checkpoint: other weights under this name would pass for it"
            yield Finding("warning", f"models.{name}", says)
        if model.roster:
            yield Finding("ok", f"models.{name}", f"{len(model.urls)} replicas, named by {model.roster}")


def check_sampling(recipe: Recipe) -> Iterator[Finding]:
    """What adaptive samples mean for a dataset that is about difficulty, and chance for a judge."""
    if recipe.build.kind == "grpo" and recipe.reason is not None and recipe.reason.samples.until is not None:
        says = (
            "is adaptive and build.kind is grpo: pass_rate is null, since the number of samples follows from their "
            "outcome, and min_correct alone tells problems apart; for pass rates say samples: 4"
        )
        yield Finding("warning", "reason.samples", says)
    if recipe.judge is not None and not (sampling := recipe.models[recipe.judge.model].sampling).greedy:
        says = f"draws its word with temperature {sampling.temperature:g}; for the likeliest one say temperature: 0"
        yield Finding("warning", f"models.{recipe.judge.model}.sampling", says)


def _passes(problem: Problem) -> bool:
    gold = canonical_answer(problem.answer, answer_type=problem.answer_type, choices=problem.choices)
    verdict = grade(
        f"<answer>{gold}</answer>",
        problem.answer,
        answer_type=problem.answer_type,
        choices=problem.choices,
        unit=problem.unit,
        precision=problem.precision,
        answers=problem.answers,
    )
    return verdict.status == "correct"
