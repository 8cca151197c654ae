"""A language model's word on an answer, for what the rules leave open; where a rule decided, its verdict stands.

The judge gets text: question, choices, gold, and the answer that the rules found, or that it was asked to copy out
first. What others wrote stands between fences that it can't close, and of the reply only one form counts: anything else
leaves the sample as unscorable as it was.
"""

from collections.abc import Sequence
from typing import Unpack

from msgspec import Struct
from msgspec.structs import replace

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.engine.together import run_together
from ovlt_data.errors import RowError
from ovlt_data.generate.caption import read_caption
from ovlt_data.generate.render import render_prompt
from ovlt_data.prompts import Prompt, Said
from ovlt_data.types import Judgement, Problem, Sample, Status, Verdict

METHOD = "judge"
"""Of a verdict that is the judge's."""
LONGEST = 4_096
"""Characters of an answer, or of a reply's end, that the judge is shown."""


class JudgePlan(Struct, frozen=True, kw_only=True):
    """Who judges, and how it is asked."""

    model: str
    prompt: Prompt
    extract: Prompt | None = None
    every: bool = False
    """Also what a rule decided."""


class Judge:
    """Judges the samples of one problem."""

    def __init__(self, problem: Problem, plan: JudgePlan, engine: Engine, *, patient: bool = False) -> None:
        """A `patient` one raises RowError where a reply may still arrive."""
        self.failures: list[RowError] = []
        """What became of samples for which it was asked in vain."""
        self._problem = problem
        self._plan = plan
        self._engine = engine
        self._patient = patient

    async def judge(self, samples: Sequence[Sample]) -> list[Sample]:
        """The samples, those that it was asked for with its judgement."""
        return await run_together(self._judge_one(sample) for sample in samples)

    async def _judge_one(self, sample: Sample) -> Sample:
        if not self._is_asked(sample.verdict):
            return sample
        keys: list[str] = []
        try:
            judgement = await self._ask(sample, keys)
        except RowError as error:
            if self._patient and not error.lasting:
                raise
            self.failures.append(error)
            judgement = Judgement(status="unscorable", reason="judge_failed", response_keys=tuple(keys))
        return replace(sample, verdict=settle(sample.verdict, judgement), judgement=judgement)

    def _is_asked(self, verdict: Verdict) -> bool:
        """Without a gold there is nothing to compare with."""
        return verdict.reason != "no_gold" and (self._plan.every or verdict.status == "unscorable")

    async def _ask(self, sample: Sample, keys: list[str]) -> Judgement:
        answer: str | None = sample.verdict.extracted or sample.content.strip()[-LONGEST:]
        if answer and self._plan.extract is not None:
            output = sample.content.strip()[-LONGEST:]
            answer = read_answer(await self._say(self._plan.extract, keys, output=output))
            if answer is None:
                return Judgement(status="unscorable", reason="judge_unclear", response_keys=tuple(keys))
        if not answer:
            return Judgement(status="wrong", response_keys=tuple(keys))
        said = await self._say(self._plan.prompt, keys, gold=self._problem.answer, answer=answer)
        status = read_verdict(said)
        reason = "judge_unclear" if status == "unscorable" else ""
        return Judgement(status=status, reason=reason, answer=answer, said=said, response_keys=tuple(keys))

    async def _say(self, prompt: Prompt, keys: list[str], **said: Unpack[Said]) -> str:
        """What the judge says to a prompt, its thought aside."""
        ask = Ask(model=self._plan.model, text=render_prompt(prompt, self._problem, **said))
        replies = await self._engine.sample(ask, 1)
        if replies.failure is not None:
            raise replies.failure
        keys.append(replies.key)
        return read_caption(replies.by_slot[0])


def settle(verdict: Verdict, judgement: Judgement) -> Verdict:
    """The judge's word where the rules have none."""
    if verdict.status != "unscorable":
        return verdict
    reason = "judged_wrong" if judgement.status == "wrong" else judgement.reason
    return replace(verdict, status=judgement.status, method=METHOD, reason=reason)


def read_verdict(said: str) -> Status:
    """`unscorable` for all but one verdict at the end: a reply that also quotes another is no clear word."""
    word = _read_last_tag(said, "verdict")
    return "correct" if word == "correct" else "wrong" if word == "wrong" else "unscorable"


def read_answer(said: str) -> str | None:
    """The answer that was copied out, empty where there is none; None for a reply of another form."""
    answer = _read_last_tag(said, "answer")
    return None if answer is None else answer[:LONGEST]


def _read_last_tag(said: str, tag: str) -> str | None:
    """What the only tag of its name holds, with which a reply ends."""
    _, opening, rest = said.partition(f"<{tag}>")
    inside, closing, after = rest.partition(f"</{tag}>")
    whole = opening and closing and not after.strip() and f"<{tag}>" not in inside
    return inside.strip() if whole else None
