"""How the fake endpoint streams: its completion as events of a word each, and the ways in which a stream goes wrong."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from aiohttp import web
from fake_words import complete

DONE = b"data: [DONE]\n\n"
LOOP = "Wait, let me add the numbers once more. "


def events_of(completion: Mapping[str, Any]) -> Iterator[bytes]:
    """As vLLM words them: the role, words, the finish reason, then the usage without choices."""
    (choice,) = completion["choices"]
    yield event(completion, {"role": "assistant", "content": ""})
    for field in ("reasoning", "content"):
        for word in re.findall(r"\s*\S+\s*$|\s*\S+", choice["message"].get(field) or ""):
            yield event(completion, {field: word})
    yield event(completion, {}, finish_reason=choice["finish_reason"])
    yield _data(_envelope(completion) | {"choices": [], "usage": completion["usage"]})


def event(completion: Mapping[str, Any], delta: Mapping[str, Any], *, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _data(_envelope(completion) | {"choices": [choice]})


def _envelope(completion: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": completion["model"]}


def _data(body: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


async def send(request: web.Request, pieces: AsyncIterator[bytes] | Iterator[bytes]) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await answer.prepare(request)
    if isinstance(pieces, AsyncIterator):
        async for piece in pieces:
            await answer.write(piece)
    else:
        for piece in pieces:
            await answer.write(piece)
    return answer


async def send_well(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    return await send(request, iter([*events_of(complete(body)), DONE]))


async def no_finish(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """A proxy that ends what takes too long, in good order."""
    return await send(request, iter(list(events_of(complete(body)))[:9]))


async def cut(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """The connection is reset after some words."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in list(events_of(complete(body)))[:9]:
            yield piece
        assert request.transport is not None
        request.transport.abort()

    return await send(request, pieces())


async def stall(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """Some words, then nothing more, on a connection that stays."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in list(events_of(complete(body)))[:9]:
            yield piece
        await asyncio.sleep(30)

    return await send(request, pieces())


async def garbage(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    events = list(events_of(complete(body)))
    return await send(request, iter([*events[:9], b'data: {"choices": [{"del\n\n', *events[9:], DONE]))


async def error_event(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """vLLM, when its engine dies under a stream whose status has been sent."""
    error = {"error": {"message": "EngineCore encountered an issue.", "type": "InternalServerError", "code": 500}}
    return await send(request, iter([*list(events_of(complete(body)))[:9], _data(error), DONE]))


async def no_usage(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    return await send(request, iter([*list(events_of(complete(body)))[:-1], DONE]))


async def odd_lines(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """CRLF, comments that keep the connection alive, other fields, no blank after the colon, one write a byte."""
    whole = b": keep-alive\r\n\r\nevent: message\r\nid: 1\r\n" + b"".join([*events_of(complete(body)), DONE])
    odd = whole.replace(b"\n\n", b"\r\n\r\n").replace(b"data: ", b"data:").replace(b"\r\n\r\n", b"\r\n\r\n:\r\n")
    return await send(request, (odd[at : at + 1] for at in range(len(odd))))


async def loop(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """A model that never comes to an end; its tokens are counted in every event, as vLLM can be asked to."""
    completion = complete(body)

    async def pieces() -> AsyncIterator[bytes]:
        yield event(completion, {"reasoning": "12 + 30 makes 42. "})
        for round_ in range(1, 100_000):
            usage = {"prompt_tokens": 5, "completion_tokens": 9 * round_}
            choice = {"index": 0, "delta": {"reasoning": LOOP}, "finish_reason": None}
            yield _data(_envelope(completion) | {"choices": [choice], "usage": usage})
            await asyncio.sleep(0)

    return await send(request, pieces())
