"""Streamed replies: what they join to, how they go wrong on a real socket, and when they are cut."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import openai
import pytest
from engine_bench import SEED, TEXT, bench, words
from fake_endpoint import FakeEndpoint
from fake_stream import LOOP, events_of
from fake_words import complete
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ovlt_data.engine.openai_transport import OpenAITransport
from ovlt_data.engine.reply import decode_replies
from ovlt_data.engine.request import Ask
from ovlt_data.engine.stream import Stream
from ovlt_data.engine.transport import Broken
from ovlt_data.types import Reply

STREAMED: dict[str, Any] = {"stream": True, "sampling": {"seed": SEED, "max_tokens": 4000}}
ASKED = {"model": "fake", "messages": [{"role": "user", "content": "Größe von 12 + 30 → ?"}], "seed": 7}


def join(data: bytes, *, cuts: set[int] | None = None) -> Reply:
    """What a stream makes of bytes that come in pieces."""
    stream, bounds = Stream(), [0, *sorted(cuts or ()), len(data)]
    for start, end in pairwise(bounds):
        if stream.feed(data[start:end]):
            break
    return read(stream.join({}).body)


def read(body: bytes) -> Reply:
    """The one reply of a body, whenever it came."""
    (reply,) = decode_replies(body, max_tokens=None)
    return replace(reply, created=0)


def data_of(*events: dict[str, Any]) -> bytes:
    return b"".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in events)


def said(finish_reason: str | None = None, **delta: str | None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


@given(st.sets(st.integers(0, 400)))
def test_pieces_make_no_difference(cuts: set[int]) -> None:
    data = data_of(said(content="zweiundvierzig ≈ √1764 💡"), said(reasoning="gut"), said("stop"))
    assert join(data, cuts=cuts) == join(data)
    assert join(data).content == "zweiundvierzig ≈ √1764 💡"


def test_stream_joins_to_the_unstreamed_reply() -> None:
    assert join(b"".join(events_of(complete(ASKED)))) == read(json.dumps(complete(ASKED)).encode())


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_comes_under_both_of_its_names(name: str) -> None:
    reply = join(
        data_of(said(**{name: "first "}), said(**{name: "then"}), said(content="42"), said("stop", content=""))
    )
    assert (reply.reasoning, reply.content, reply.finish_reason) == ("first then", "42", "stop")


def test_one_event_may_end_the_reasoning_and_begin_the_content() -> None:
    reply = join(data_of(said(reasoning="first "), said(reasoning="then", content="4"), said("stop", content="2")))
    assert (reply.reasoning, reply.content) == ("first then", "42")


def test_tokens_that_nobody_counted_are_unknown() -> None:
    reply = join(data_of(said(content="42"), said("stop")))
    assert (reply.completion_tokens, reply.exact_tokens) == (0, False)


def test_the_last_count_stands() -> None:
    counts = [{"usage": {"prompt_tokens": 5, "completion_tokens": n}} for n in (1, 2)]
    reply = join(data_of(said(content="4") | counts[0], said("stop", content="2") | counts[1]))
    assert (reply.prompt_tokens, reply.completion_tokens, reply.exact_tokens) == (5, 2, True)


@pytest.mark.parametrize("data", [b"", b"\n\n", data_of(said(content="4")), b"data: [DONE]\n\n"])
def test_no_finish_reason_no_answer(data: bytes) -> None:
    with pytest.raises(Broken, match="without a finish reason"):
        join(data)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"message": "died", "code": 500}, 500),
        ({"message": "too long", "code": 400}, 400),
        ({"message": "odd", "code": "overloaded"}, 500),
        ("plain words", 500),
    ],
)
def test_an_error_in_the_stream_is_an_answer_with_its_status(error: object, status: int) -> None:
    stream = Stream()
    assert stream.feed(data_of(said(content="4"), {"error": error}))
    assert stream.join({}).status == status


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("stream_cut", "connection"),
        ("stream_no_finish", "connection"),
        ("stream_stall", "timeout"),
        ("stream_garbage", "bad_reply"),
        ("stream_error", "server_error"),
        ("html", "bad_reply"),
        ("status_503", "server_error"),
    ],
)
@pytest.mark.parametrize("client", ["aiohttp", "openai"])
async def test_what_may_pass_is_tried_again(tmp_path: Path, fault: str, kind: str, client: str) -> None:
    fields = STREAMED | {"limits": {"idle_timeout": 0.1}}
    async with FakeEndpoint(first=[fault]) as server, openai.AsyncOpenAI(base_url=server.url, api_key="k") as theirs:
        transport = OpenAITransport(theirs) if client == "openai" else None
        async with bench(tmp_path, server, fields=fields, transport=transport) as m:
            replies = await m.engine.sample(Ask("m", TEXT), 1)
    assert (replies.failure, replies.by_slot[0].content) == (None, words(0))
    assert m.tally.retries == {kind: 1}
    assert m.tally.completion_tokens == len(words(0).split())


@pytest.mark.parametrize("fault", ["stream_no_usage", "stream_odd_lines"])
async def test_an_odd_stream_is_a_reply(tmp_path: Path, fault: str) -> None:
    async with FakeEndpoint(first=[fault]) as server, bench(tmp_path, server, fields=STREAMED) as m:
        reply = (await m.engine.sample(Ask("m", TEXT), 1)).by_slot[0]
    assert (reply.content, m.tally.requests) == (words(0), 1)
    assert reply.exact_tokens == (fault == "stream_odd_lines")


async def test_a_server_that_does_not_stream_is_understood(tmp_path: Path) -> None:
    async with FakeEndpoint(first=["reasoning_field"]) as server, bench(tmp_path, server, fields=STREAMED) as m:
        replies = await m.engine.sample(Ask("m", TEXT), 1)
    assert (replies.by_slot[0].reasoning, m.tally.requests) == (
        words(0).partition("</think>")[0].removeprefix("<think>"),
        1,
    )


async def test_each_sample_is_a_request_of_its_own_and_the_store_keeps_it_for_both_ways(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        for fields in (STREAMED, STREAMED | {"stream": False}):
            async with bench(tmp_path, server, fields=fields) as m:
                replies = await m.engine.sample(Ask("m", TEXT), 4)
            assert {slot: reply.content for slot, reply in replies.by_slot.items()} == {i: words(i) for i in range(4)}
    assert sorted(body["seed"] for body in server.bodies) == [SEED, SEED + 1, SEED + 2, SEED + 3]
    assert all(body["stream"] and "n" not in body for body in server.bodies)


@pytest.mark.parametrize("client", ["aiohttp", "openai"])
async def test_a_loop_is_cut_and_the_server_stops(tmp_path: Path, client: str) -> None:
    async with (
        FakeEndpoint(first=["stream_loop"]) as server,
        openai.AsyncOpenAI(base_url=server.url, api_key="k") as theirs,
    ):
        transport = OpenAITransport(theirs) if client == "openai" else None
        async with bench(tmp_path, server, fields=STREAMED, transport=transport) as m:
            reply = (await m.engine.sample(Ask("m", TEXT), 1)).by_slot[0]
            async with asyncio.timeout(5):
                await server.idle.wait()
    assert (reply.finish_reason, reply.exact_tokens) == ("loop", True)
    assert (reply.reasoning or "").endswith(LOOP)
    assert 0 < reply.completion_tokens < 2000
    assert (m.tally.loops, m.tally.tokens_saved) == (1, 4000 - reply.completion_tokens)


@pytest.mark.parametrize("cap", [10, 4000, 100_000])
async def test_a_loop_is_not_asked_for_again(tmp_path: Path, cap: int) -> None:
    async with FakeEndpoint(first=["stream_loop"]) as server:
        for most in (4000, cap):
            fields = STREAMED | {"sampling": {"seed": SEED, "max_tokens": most}}
            async with bench(tmp_path, server, fields=fields) as m:
                assert (await m.engine.sample(Ask("m", TEXT), 1)).by_slot[0].finish_reason == "loop"
    assert server.requests == 1
