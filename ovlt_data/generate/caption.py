"""The first step of the walk: a picture in words, for a reasoner that sees none.

The prompt holds no question, so several questions about one picture need one caption: the engine joins equal asks.
"""

from ovlt_data.engine.ask import Engine
from ovlt_data.engine.request import Ask
from ovlt_data.errors import RowError
from ovlt_data.prompts import Prompt
from ovlt_data.text.loops import FINISHED_IN_LOOP
from ovlt_data.text.think import split_reasoning
from ovlt_data.types import Caption, Problem, Reply


class NoCaption(RowError):
    """The captioner answered with nothing that could be shown to a reasoner."""

    kind = "empty_caption"


async def caption_problem(problem: Problem, *, engine: Engine, model: str, prompt: Prompt) -> Caption:
    """Raises RowError where no usable caption can be had; a text problem gets an empty one."""
    if not problem.images:
        return Caption(problem_id=problem.id, text="")
    text = prompt.render(question=problem.question, choices=problem.choices, source=problem.source)
    replies = await engine.sample(Ask(model=model, text=text, images=problem.images), 1)
    if replies.failure is not None:
        raise replies.failure
    reply = replies.by_slot[0]
    said = read_caption(reply)
    if not said:
        raise NoCaption(_explain_empty(reply))
    return Caption(
        problem_id=problem.id,
        text=said,
        finish_reason=reply.finish_reason or "",
        completion_tokens=reply.completion_tokens,
        response_key=replies.key,
    )


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
