"""A completion's body, decoded into replies: only the fields that are used, each checked."""

import time
from itertools import accumulate, pairwise

import msgspec
from msgspec import Struct

from ovlt_data.types import Reply

UNFINISHED = ("abort", "error")
"""Finish reasons of a server that stopped in the middle: vLLM answers so, with 200, when it is shut down."""


class BadReply(Exception):
    """A 200 whose body is no chat completion, or one that the server did not finish."""


class _Message(Struct, frozen=True):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Choice(Struct, frozen=True):
    message: _Message
    index: int = 0
    finish_reason: str | None = None


class Usage(Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(Struct, frozen=True):
    choices: list[_Choice]
    usage: Usage | None = None
    model: str = ""


_decoder = msgspec.json.Decoder(_Completion)


def decode_replies(body: bytes, *, max_tokens: int | None) -> list[Reply]:
    """The replies of one response in the order of their index; raises BadReply for anything else.

    `max_tokens` is the cap that was asked for. A response of n choices has one usage for all of them: the
    completion tokens are shared out by length, so that sums stay what was paid.
    """
    try:
        completion = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"not a chat completion ({error})") from error
    choices = sorted(completion.choices, key=lambda choice: choice.index)
    if not choices:
        raise BadReply("a completion without choices")
    if stopped := [choice for choice in choices if choice.finish_reason in UNFINISHED]:
        raise BadReply(f"the server stopped in the middle of it (finish_reason {stopped[0].finish_reason})")
    usage = completion.usage or Usage()
    shares = share_tokens(usage.completion_tokens, [_length(choice) for choice in choices])
    now = int(time.time())
    return [
        Reply(
            content=choice.message.content,
            reasoning=choice.message.reasoning or choice.message.reasoning_content,
            finish_reason=choice.finish_reason,
            prompt_tokens=usage.prompt_tokens if position == 0 else 0,
            completion_tokens=tokens,
            max_tokens=max_tokens,
            exact_tokens=len(choices) == 1 and completion.usage is not None,
            served_model=completion.model,
            created=now,
        )
        for position, (choice, tokens) in enumerate(zip(choices, shares, strict=True))
    ]


def share_tokens(total: int, lengths: list[int]) -> list[int]:
    """`total` in parts that are proportional to the lengths and add up exactly."""
    weights = lengths if any(lengths) else [1] * len(lengths)
    bounds = [total * reached // sum(weights) for reached in accumulate(weights, initial=0)]
    return [after - before for before, after in pairwise(bounds)]


def _length(choice: _Choice) -> int:
    message = choice.message
    return len(message.content or "") + len(message.reasoning or message.reasoning_content or "")
