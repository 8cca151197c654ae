"""The first step of the walk: a picture in words, for a reasoner that sees none.

The prompt holds no question, so several questions about one picture need one caption: the engine joins equal asks.
"""

from msgspec import Struct

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.errors import RowError
from ovlt_data.generate.render import render_prompt
from ovlt_data.prompts import Prompt
from ovlt_data.text.loops import FINISHED_IN_LOOP
from ovlt_data.text.think import split_reasoning
from ovlt_data.types import Caption, Problem, Reply

TRIES = 8
"""Slots of one caption: the first that says something is the caption."""


class NoCaption(RowError):
    """The captioner answered with nothing that could be shown to a reasoner: `empty_caption`, or `length`."""

    def __init__(self, reply: Reply, *, key: str) -> None:
        super().__init__(_explain_empty(reply))
        self.kind = "length" if reply.finish_reason == "length" else "empty_caption"
        self.response_key = key
        """Not its `request_key`: by that it would be refused under a higher cap, too."""


class Words(Struct, frozen=True):
    """A reply that says something."""

    text: str
    reply: Reply
    key: str

    def as_caption(self, problem: Problem) -> Caption:
        return Caption(
            problem_id=problem.id,
            text=self.text,
            finish_reason=self.reply.finish_reason or "",
            completion_tokens=self.reply.completion_tokens,
            response_key=self.key,
        )


async def caption_problem(
    problem: Problem, *, engine: Engine, model: str, prompt: Prompt, retry: frozenset[str] = frozenset()
) -> Caption:
    """Raises RowError where no usable caption can be had; a text problem gets an empty one."""
    if not problem.images:
        return Caption(problem_id=problem.id, text="")
    ask = Ask(model=model, text=render_prompt(prompt, problem), images=problem.images)
    return (await ask_words(ask, engine=engine, retry=retry)).as_caption(problem)


async def ask_words(ask: Ask, *, engine: Engine, retry: frozenset[str]) -> Words:
    """The words of one reply. Raises RowError, and NoCaption where it says nothing.

    Such a one is asked again, in the next slot, only if its kind of failure is in `retry`.
    """
    replies = await engine.sample(ask, 1)
    if replies.failure is not None:
        raise replies.failure
    reply = replies.by_slot[0]
    if not read_caption(reply):
        reply = await _find_another(ask, reply, key=replies.key, engine=engine, retry=retry)
    return Words(read_caption(reply), reply, replies.key)


async def _find_another(ask: Ask, empty: Reply, *, key: str, engine: Engine, retry: frozenset[str]) -> Reply:
    """The first later slot that says something: from an earlier call's retries, else asked for if this one retries."""
    known = await engine.recall(ask, tuple(range(1, TRIES)))
    for slot in sorted(known):
        if read_caption(known[slot]):
            return known[slot]
    failure, slot = NoCaption(empty, key=key), 1 + len(known)
    if failure.kind not in retry or slot == TRIES:
        raise failure
    replies = await engine.sample_slots(ask, (slot,))
    if replies.failure is not None:
        raise replies.failure
    if not read_caption(replies.by_slot[slot]):
        raise NoCaption(replies.by_slot[slot], key=key)
    return replies.by_slot[slot]


def read_caption(reply: Reply) -> str:
    """The words of a caption.

    A captioner behind a server with a reasoning parser puts everything into `reasoning`, since no </think> comes:
    if it ended by itself, that is the caption. One that ran in a loop is none.
    """
    if reply.finish_reason in FINISHED_IN_LOOP:
        return ""
    thought = split_reasoning(reply.content, reply.reasoning)
    if thought.origin == "unclosed" and reply.finish_reason != "length":
        return thought.reasoning.strip()
    return thought.content.strip()


def _explain_empty(reply: Reply) -> str:
    if reply.finish_reason in FINISHED_IN_LOOP:
        return "the captioner's reply said the same thing over and over, and was cut"
    if reply.finish_reason != "length":
        return f"the captioner's reply is empty (finish reason {reply.finish_reason})"
    return (
        f"the captioner's reply was cut off after {reply.completion_tokens} tokens, still in its reasoning: raise its "
        "max_tokens, or serve it without a reasoning parser"
    )
