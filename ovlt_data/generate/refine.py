"""Refinement: a reader that can't see the picture says what its caption lacks, and the captioner writes it again.

The reader knows the question and never its answer, and so a refined caption belongs to one problem (OpenVLThinker,
Table 5). Both are asked through the store as for any reply; a round that fails keeps the caption as it was.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.errors import RowError
from ovlt_data.generate.caption import NoCaption, Words, ask_words
from ovlt_data.generate.render import render_prompt
from ovlt_data.prompts import Prompt
from ovlt_data.types import Caption, Problem, Turn


class RefinePlan(Struct, frozen=True, kw_only=True):
    """Who asks for what, and how often."""

    model: str
    """The reader."""
    prompt: Prompt
    rewrite: Prompt
    """What the captioner is asked."""
    rounds: int


class Refined(Struct, frozen=True):
    caption: Caption
    """The last one that came."""
    failure: RowError | None = None
    """What ended the rounds early."""


async def refine_caption(
    problem: Problem,
    caption: Caption,
    *,
    engine: Engine,
    captioner: str,
    plan: RefinePlan,
    retry: frozenset[str] = frozenset(),
) -> Refined:
    """All rounds, or those before the first that failed."""
    talk = _Talk(problem, caption, engine, retry)
    try:
        for _ in range(plan.rounds):
            await talk.add_round(captioner, plan)
    except RowError as error:
        return Refined(replace(talk.caption, turns=tuple(talk.turns), unrefined=error.kind), error)
    return Refined(replace(talk.caption, turns=tuple(talk.turns)))


class _Talk:
    """A caption as it becomes better, and all that was said on the way."""

    def __init__(self, problem: Problem, caption: Caption, engine: Engine, retry: frozenset[str]) -> None:
        self.caption = caption
        self.turns = [Turn(role="caption", text=caption.text, response_key=caption.response_key)]
        self._problem = problem
        self._engine = engine
        self._retry = retry

    async def add_round(self, captioner: str, plan: RefinePlan) -> None:
        question = render_prompt(plan.prompt, self._problem, caption=self.caption.text)
        feedback = await self._take_turn("feedback", Ask(model=plan.model, text=question))
        order = render_prompt(plan.rewrite, self._problem, caption=self.caption.text, feedback=feedback.text)
        words = await self._take_turn("caption", Ask(model=captioner, text=order, images=self._problem.images))
        self.caption = words.as_caption(self._problem)

    async def _take_turn(self, role: Literal["caption", "feedback"], ask: Ask) -> Words:
        """A useless reply is a turn as well: it was paid for, and stays in the store."""
        try:
            words = await ask_words(ask, engine=self._engine, retry=self._retry)
        except NoCaption as error:
            self.turns.append(Turn(role=role, text="", response_key=error.response_key))
            raise
        self.turns.append(Turn(role=role, text=words.text, response_key=words.key))
        return words
