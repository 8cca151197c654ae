"""How a run ended, in numbers: what run.json and --json hold."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from ovlt_data.engine.budget import Spent
from ovlt_data.engine.tally import RungTally, Tally
from ovlt_data.generate.quota import Quota
from ovlt_data.recipe import Recipe, StopWhen
from ovlt_data.types import Difficulty, FunnelStep

State = Literal["done", "empty", "generated", "interrupted", "budget", "stopped"]
"""`empty` went all the way and built nothing, `generated` is a shard that did its part; the last three can be taken up
again: interrupted (or killed), at the end of the budget, stopped by an endpoint or the environment."""


class Outcome(Struct, frozen=True, kw_only=True):
    """One run in numbers, as run.json and --json have them: problems = kept + rejected + failures, each once.

    Of a run that ended early, `problems` are the rows read, and some of them are still undecided.
    """

    run: str
    """The run's folder."""
    recipe_file: str
    state: State
    dataset: str | None = None
    """Folder of the version; None where the run did not get that far."""
    version: str | None = None
    requests: int
    """Sent in this call."""
    refined: int = 0
    """Captions that were written anew for a reader who asked."""
    unrefined: Mapping[str, int] = {}
    """Captions whose refinement ended early, by the kind of failure."""
    spent: Spent = Spent()
    """By this folder, in all its calls."""
    spent_by_model: Mapping[str, Spent] = {}
    problems: int
    unfed: int = 0
    """Rows that were read and not asked for, since `stop_when` was reached; they are no part of the account."""
    rungs: Sequence[RungTally] = ()
    """What `reason` and each rung of `reason.escalate` cost and won."""
    kept: int = 0
    """Problems of which at least one row was kept."""
    rejected: Mapping[str, int]
    """Problems by reason."""
    failures: Mapping[str, int]
    """Problems by kind."""
    samples: int
    verdicts: Mapping[str, int]
    """Samples: `correct`, or the reason why not."""
    judged: Mapping[str, int] = {}
    """Samples that a judge was asked for, by its word: `correct`, `wrong`, `judge_unclear`, `judge_failed`."""
    reasonless: int
    """Samples without reasoning."""
    rows: int = 0
    funnel: Sequence[FunnelStep] = ()
    difficulty: Sequence[Difficulty] = ()
    """By source: pass rates, pass@k, and what luck explains."""
    probes: Sequence[Difficulty] = ()
    """The same by probe and source."""
    probed: Mapping[str, int] = {}
    """Replies to probes, by probe."""
    unprobed: Mapping[str, int] = {}
    """Probes without a reply, as `blind: timeout`."""
    retries: Mapping[str, int]
    from_store: int
    """Replies that were there already."""
    prompt_tokens: int
    completion_tokens: int
    loops: int = 0
    """Replies that were cut because they ran in a loop."""
    tokens_saved: int = 0
    """By cutting them."""
    seconds: float
    limited_by: Mapping[str, float] = {}
    """Share of the time of generating that each limit ruled; `engine/bottleneck.py` has their names."""


def name_rung(rung: RungTally) -> str:
    """The rung as the recipe says it, in short."""
    cap = f", max_tokens {rung.max_tokens}" if rung.max_tokens else ""
    return f"{'reason' if rung.on == 'start' else f'on {rung.on}'}: {rung.model}{cap}"


def describe_generated(recipe: Recipe, tally: Tally) -> list[str]:
    """What came of captions, samples, judgements and probes beside what was to be expected."""
    lines = [*_describe_reasonless(recipe, tally), *_describe_refined(tally), *_describe_rungs(tally.rungs)]
    return [*lines, *_describe_judged(tally), *_describe_unprobed(tally)]


def describe_rung(rung: RungTally) -> str:
    """What it cost and won."""
    return (
        f"{rung.problems:,} problems, {rung.solved:,} solved · {rung.samples:,} samples, {rung.correct:,} correct · "
        f"{rung.completion_tokens:,} tokens · {rung.requests:,} requests sent"
    )


def describe_quota(stop_when: StopWhen, quota: Quota, tally: Tally) -> list[str]:
    """What was full, and what was left."""
    full = ["the dataset"] if quota.is_over else [source for source in stop_when.sources if quota.is_full(source)]
    if not full:
        return []
    return [f"stop_when: {', '.join(full)} is full; {tally.unfed:,} rows that were read, and all unread ones, are left"]


def _describe_reasonless(recipe: Recipe, tally: Tally) -> list[str]:
    """A teacher whose reasoning is lost on the way is the dearest silent fault there is."""
    if recipe.reason is None or not tally.reasonless or not recipe.expects_reasoning(recipe.reason.model):
        return []
    return [
        f"WARNING: models.{recipe.reason.model}: {tally.reasonless} of {tally.samples} samples hold no reasoning, "
        "neither in message.reasoning nor as <think> in the content. With vLLM, serve it with --reasoning-parser; "
        "`ovlt check` shows a reply."
    ]


def _describe_rungs(rungs: Sequence[RungTally]) -> list[str]:
    """Plain lines for people, where there is more than one way to try."""
    if len(rungs) < 2:
        return []
    width = max(len(name_rung(rung)) for rung in rungs)
    return [f"{name_rung(rung):<{width}}  {describe_rung(rung)}" for rung in rungs]


def _describe_unprobed(tally: Tally) -> list[str]:
    """What probes did not get; their rows stay."""
    if not tally.unprobed:
        return []
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in tally.unprobed.items())
    return [f"WARNING: probes: {tally.probed.total():,} replies, and none where one was to be: {kinds}"]


def _describe_refined(tally: Tally) -> list[str]:
    """How many captions became better, where any was to."""
    if not tally.refined and not tally.unrefined:
        return []
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in tally.unrefined.items())
    return [f"captions: {tally.captions:,}, of which {tally.refined:,} were refined; ended early: {kinds or 'none'}"]


def _describe_judged(tally: Tally) -> list[str]:
    """What the judge said, where one was asked."""
    words = ", ".join(f"{n:,} {word}" for word, n in tally.judged.most_common())
    return [f"judge: asked for {tally.judged.total():,} samples: {words}"] if words else []
