"""How the fake endpoint misbehaves: one function for each fault, chosen by its name in FAULTS."""

import asyncio
import email.utils
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import fake_bodies
import fake_stream
from aiohttp import web
from fake_words import complete


class Call(NamedTuple):
    """One request, as a fault sees it."""

    request: web.Request
    body: dict[str, Any]
    reused: bool
    """Whether its connection has carried a request before."""


Fault = Callable[[Call], Awaitable[web.StreamResponse]]


async def none(call: Call) -> web.StreamResponse:
    if call.body.get("stream"):
        return await fake_stream.send_well(call.request, call.body)
    return web.json_response(complete(call.body))


async def refuse(call: Call, *, status: int, **error: str) -> web.StreamResponse:
    body = {"message": f"refused with {status}", "type": "Error", "param": None, "code": status}
    return web.json_response({"error": body | error}, status=status)


async def wrong_key(call: Call) -> web.StreamResponse:
    """Hosted APIs quote the key that they refuse."""
    key = call.request.headers.get("Authorization", "").removeprefix("Bearer ")
    return await refuse(call, status=401, message=f"Incorrect API key provided: {key}")


async def retry_in_seconds(call: Call) -> web.StreamResponse:
    return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0"})


async def retry_at_date(call: Call) -> web.StreamResponse:
    date = email.utils.formatdate(time.time(), usegmt=True)
    return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": date})


async def reset(call: Call) -> web.StreamResponse:
    """The connection is reset before a byte of the answer."""
    _reset(call.request)
    return web.Response()


async def reset_in_body(call: Call) -> web.StreamResponse:
    body = json.dumps(complete(call.body)).encode()
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await answer.prepare(call.request)
    await answer.write(body[: len(body) // 2])
    _reset(call.request)
    return answer


async def close_kept_alive(call: Call) -> web.StreamResponse:
    """The connection is closed under a request, unless it is the connection's first."""
    if not call.reused:
        return await none(call)
    assert call.request.transport is not None
    call.request.transport.close()
    return web.Response()


async def html(call: Call) -> web.StreamResponse:
    return web.Response(text="<html><body>Welcome to nginx!</body></html>", content_type="text/html")


async def truncated_json(call: Call) -> web.StreamResponse:
    return web.Response(body=json.dumps(complete(call.body)).encode()[:-40], content_type="application/json")


async def no_choices(call: Call) -> web.StreamResponse:
    return web.json_response(complete(call.body) | {"choices": []})


async def fewer_choices(call: Call) -> web.StreamResponse:
    return web.json_response(complete(call.body, n=max(1, call.body.get("n", 1) // 2)))


async def n_ignored(call: Call) -> web.StreamResponse:
    return web.json_response(complete(call.body, n=1))


async def n_refused(call: Call) -> web.StreamResponse:
    if call.body.get("n", 1) > 1:
        return await refuse(call, status=400, message="n must be 1", param="n")
    return await none(call)


async def blind(call: Call) -> web.StreamResponse:
    """A text model behind a vision prompt: pictures cost no tokens, since nobody looks at them."""
    return web.json_response(complete(call.body, sees=False))


async def error_and_close(call: Call) -> web.StreamResponse:
    """An error, after which the server hangs up although the connection was to be kept."""
    answer = await refuse(call, status=503)
    answer.force_close()
    return answer


async def redirect(call: Call) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": "https://elsewhere.example/v1/chat/completions"})


async def choices_missing(call: Call) -> web.StreamResponse:
    return web.json_response({name: value for name, value in complete(call.body).items() if name != "choices"})


async def duplicate_ids(call: Call) -> web.StreamResponse:
    """Every choice says that it is the first."""
    completion = complete(call.body)
    return web.json_response(completion | {"choices": [choice | {"index": 0} for choice in completion["choices"]]})


async def slow(call: Call) -> web.StreamResponse:
    await asyncio.sleep(30)
    return await none(call)


async def reword(call: Call, *, change: Callable[[str], Mapping[str, Any] | None]) -> web.StreamResponse:
    """The same completion with another message in each choice."""
    completion = complete(call.body)
    for choice in completion["choices"]:
        choice["message"] = change(choice["message"]["content"])
    return web.json_response(completion)


async def by_hand(
    call: Call, *, send: Callable[[web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    return await send(call.request, call.body)


def _reasoning_apart(text: str) -> Mapping[str, Any]:
    thought, _, rest = text.removeprefix("<think>").partition("</think>")
    return {"role": "assistant", "content": rest, "reasoning": thought}


FAULTS: Mapping[str, Fault] = {
    "none": none,
    **{f"status_{status}": partial(refuse, status=status) for status in (400, 401, 402, 403, 408, 409, 413, 422)},
    **{f"status_{status}": partial(refuse, status=status) for status in (429, 500, 502, 503, 529)},
    "status_404": partial(refuse, status=404, message="The model `fake` does not exist.", param="model"),
    "wrong_key": wrong_key,
    "context": partial(refuse, status=400, message="maximum context length is 2048 tokens", param="input_tokens"),
    "retry_in_seconds": retry_in_seconds,
    "retry_at_date": retry_at_date,
    "reset": reset,
    "reset_in_body": reset_in_body,
    "close_kept_alive": close_kept_alive,
    "error_and_close": error_and_close,
    "redirect": redirect,
    "slow": slow,
    "html": html,
    "truncated_json": truncated_json,
    "no_choices": no_choices,
    "choices_missing": choices_missing,
    "duplicate_ids": duplicate_ids,
    "fewer_choices": fewer_choices,
    "n_ignored": n_ignored,
    "n_refused": n_refused,
    "blind": blind,
    "stream_no_finish": partial(by_hand, send=fake_stream.no_finish),
    "stream_stall": partial(by_hand, send=fake_stream.stall),
    "stream_garbage": partial(by_hand, send=fake_stream.garbage),
    "stream_error": partial(by_hand, send=fake_stream.error_event),
    "stream_no_usage": partial(by_hand, send=fake_stream.no_usage),
    "stream_odd_lines": partial(by_hand, send=fake_stream.odd_lines),
    "stream_loop": partial(by_hand, send=fake_stream.loop),
    "stream_cut": partial(by_hand, send=fake_stream.cut),
    "empty": partial(by_hand, send=fake_bodies.empty),
    "length_too_long": partial(by_hand, send=fake_bodies.length_too_long),
    "length_too_short": partial(by_hand, send=fake_bodies.length_too_short),
    "no_length": partial(by_hand, send=fake_bodies.no_length),
    "drip": partial(by_hand, send=fake_bodies.drip),
    "chunked": partial(by_hand, send=fake_bodies.chunked),
    "chunks_cut": partial(by_hand, send=fake_bodies.chunks_cut),
    "gzipped": partial(by_hand, send=fake_bodies.gzipped),
    "gzip_broken": partial(by_hand, send=fake_bodies.gzip_broken),
    "gzip_cut": partial(by_hand, send=fake_bodies.gzip_cut),
    "invalid_utf8": partial(by_hand, send=fake_bodies.invalid_utf8),
    "large": partial(by_hand, send=fake_bodies.large),
    "too_large": partial(by_hand, send=fake_bodies.too_large),
    "bomb": partial(by_hand, send=fake_bodies.bomb),
    "null_message": partial(reword, change=lambda text: None),
    "empty_content": partial(reword, change=lambda text: {"role": "assistant", "content": ""}),
    "reasoning_field": partial(reword, change=_reasoning_apart),
    "reasoning_only": partial(reword, change=lambda text: {"role": "assistant", "content": None, "reasoning": text}),
    "no_reasoning": partial(reword, change=lambda text: {"content": text.partition("</think>")[2]}),
}


def _reset(request: web.Request) -> None:
    """Close with RST instead of FIN, as a crashed server's machine does."""
    assert request.transport is not None
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
