"""The middle of the walk: samples of one problem, each with its reasoning apart and its verdict.

Rungs are tried in order. What is asked depends on nothing but the recipe and the verdicts of samples that are there,
so that the store gives the same samples again.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.engine.tally import RungTally
from ovlt_data.errors import RowError
from ovlt_data.generate.judge import Judge
from ovlt_data.generate.verify import verify
from ovlt_data.recipe import ReasonStep, SampleCount
from ovlt_data.text.think import split_reasoning
from ovlt_data.types import Problem, Reply, Sample


class Rung(Struct, frozen=True, kw_only=True):
    """One try at a problem."""

    number: int
    on: str
    """`start`, `length` or `wrong`."""
    model: str
    samples: SampleCount
    slots: range
    """Of the problem: its teacher's."""
    max_tokens: int | None = None


class Reasoned(Struct, frozen=True):
    """What came of a problem."""

    samples: list[Sample]
    """In the order of their slots."""
    by_rung: dict[int, list[Sample]]
    """All that each rung asked for; one that was cut off and asked again is here twice."""


def plan_rungs(step: ReasonStep) -> tuple[Rung, ...]:
    """The tries that a recipe asks for; the slots of each teacher follow those of the one before."""
    rung = Rung(number=0, on="start", model=step.model, samples=step.samples, slots=range(step.samples.max))
    rungs = [rung]
    for number, said in enumerate(step.escalate, 1):
        model, samples, slots = rung.model, rung.samples, rung.slots
        if said.model is not None:
            model, samples = said.model, said.samples or step.samples
            slots = range(rung.slots.stop, rung.slots.stop + samples.max)
        rung = Rung(number=number, on=said.on, model=model, samples=samples, slots=slots, max_tokens=said.max_tokens)
        rungs.append(rung)
    return tuple(rungs)


async def reason_problem(
    problem: Problem,
    text: str,
    *,
    engine: Engine,
    rungs: Sequence[Rung],
    sees_images: bool,
    min_samples: int,
    patient: bool = False,
    tallies: Sequence[RungTally] = (),
    judge: Judge | None = None,
) -> Reasoned:
    """Raises RowError when too few samples arrived; if `patient`, also when one of them may still arrive."""
    ask = Ask(model="", text=text, images=problem.images if sees_images else ())
    climb = _Climb(problem, ask, engine, rungs[0], judge)
    for rung in rungs:
        if climb.failure is None:
            await climb.climb(rung)
            if tallies:
                tallies[rung.number].requests += climb.requests
    failure = climb.failure
    if failure is not None and (len(climb.samples) < min_samples or (patient and not failure.lasting)):
        raise failure
    return Reasoned([climb.samples[slot] for slot in sorted(climb.samples)], climb.by_rung)


async def grade_replies(
    problem: Problem,
    by_slot: Mapping[int, Reply],
    *,
    key: str,
    rung: Rung | None = None,
    judge: Judge | None = None,
) -> list[Sample]:
    """Samples with their verdicts: the rules', and for what these leave open that of a judge, if there is one."""
    samples = [await _make_sample(problem, slot, by_slot[slot], key=key, rung=rung) for slot in sorted(by_slot)]
    return await judge.judge(samples) if judge is not None else samples


class _Climb:
    """One problem's samples, as they become more."""

    def __init__(self, problem: Problem, ask: Ask, engine: Engine, start: Rung, judge: Judge | None) -> None:
        self.samples: dict[int, Sample] = {}
        self.by_rung: dict[int, list[Sample]] = {}
        self.failure: RowError | None = None
        self.requests = 0
        """Sent on the last rung."""
        self._problem = problem
        self._ask = ask
        self._engine = engine
        self._judge = judge
        self._enough = start.samples.enough

    async def climb(self, rung: Rung) -> None:
        """Rounds, until there are enough correct samples, no slots, or a failure."""
        self.requests = 0
        slots = self._find_slots(rung)
        while slots and self.failure is None and (size := self._size_round(rung, slots)) > 0:
            await self._ask_round(rung, slots[:size])
            slots = slots[size:]

    def _find_slots(self, rung: Rung) -> list[int]:
        """The slots that a rung may ask for: with a fixed number, all that were cut off are asked again."""
        undecided = self._correct < self._enough
        if rung.on == "length":
            cut = [slot for slot, sample in self.samples.items() if sample.finish_reason == "length"]
            return sorted(set(cut) & set(rung.slots)) if undecided or rung.samples.until is None else []
        return list(rung.slots) if undecided else []

    def _size_round(self, rung: Rung, slots: list[int]) -> int:
        """As many as are missing: of these none can turn out not to be needed. 0 when there are enough."""
        if rung.samples.until is None:
            return len(slots)
        drawn = sum(slot in self.samples for slot in rung.slots)
        return max(rung.samples.min - drawn, rung.samples.enough - self._correct)

    async def _ask_round(self, rung: Rung, slots: list[int]) -> None:
        first = rung.slots.start
        ask = Ask(model=rung.model, text=self._ask.text, images=self._ask.images, max_tokens=rung.max_tokens)
        replies = await self._engine.sample_slots(ask, tuple(slot - first for slot in slots))
        by_slot = {first + slot: reply for slot, reply in replies.by_slot.items()}
        samples = await grade_replies(self._problem, by_slot, key=replies.key, rung=rung, judge=self._judge)
        self.by_rung.setdefault(rung.number, []).extend(samples)
        self.samples |= {sample.slot: sample for sample in samples}
        self.failure = replies.failure
        self.requests += replies.requests

    @property
    def _correct(self) -> int:
        return sum(sample.verdict.status == "correct" for sample in self.samples.values())


async def _make_sample(problem: Problem, slot: int, reply: Reply, *, key: str, rung: Rung | None) -> Sample:
    thought = split_reasoning(reply.content, reply.reasoning)
    finish_reason = reply.finish_reason or ""
    return Sample(
        problem_id=problem.id,
        slot=slot,
        model=rung.model if rung else "",
        rung=rung.number if rung else 0,
        reasoning=thought.reasoning,
        content=thought.content,
        reasoning_origin=thought.origin,
        finish_reason=finish_reason,
        completion_tokens=reply.completion_tokens,
        response_key=key,
        verdict=await verify(problem, thought.content, finish_reason=finish_reason),
    )
