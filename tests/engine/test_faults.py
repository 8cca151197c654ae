"""The engine against a server that misbehaves: what is tried again, what fails the row, what stops the run."""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import PIL.Image
import pytest
from engine_bench import SEED, TEXT, bench, words
from fake_endpoint import FakeEndpoint
from fake_words import speak

from ovlt_data.engine.openai_transport import OpenAITransport
from ovlt_data.engine.request import Ask
from ovlt_data.errors import EndpointStop, RowError
from ovlt_data.types import Image


@pytest.fixture
def picture(tmp_path: Path) -> Image:
    data = BytesIO()
    PIL.Image.new("RGB", (40, 30), "red").save(data, "PNG")
    path = tmp_path / "red.png"
    path.write_bytes(data.getvalue())
    return Image(path=str(path), sha256=sha256(data.getvalue()).hexdigest())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("status_408", "timeout"),
        ("status_409", "timeout"),
        ("status_429", "rate_limited"),
        ("retry_in_seconds", "rate_limited"),
        ("retry_at_date", "rate_limited"),
        ("status_500", "server_error"),
        ("status_502", "server_error"),
        ("status_503", "server_error"),
        ("status_529", "server_error"),
        ("reset", "connection"),
        ("reset_in_body", "connection"),
        ("html", "bad_reply"),
        ("truncated_json", "bad_reply"),
        ("no_choices", "bad_reply"),
        ("null_message", "bad_reply"),
        ("error_and_close", "server_error"),
        ("choices_missing", "bad_reply"),
        ("empty", "bad_reply"),
        ("length_too_long", "connection"),
        ("length_too_short", "connection"),
        ("chunks_cut", "connection"),
        ("gzip_broken", "connection"),
        ("gzip_cut", "bad_reply"),
        ("invalid_utf8", "bad_reply"),
        ("too_large", "bad_reply"),
        ("bomb", "bad_reply"),
    ],
)
async def test_what_may_pass_is_tried_again(tmp_path: Path, fault: str, kind: str) -> None:
    async with FakeEndpoint(first=[fault]) as server, bench(tmp_path, server) as m:
        replies = await m.engine.sample(Ask("m", TEXT), 1)
    assert (replies.failure, replies.by_slot[0].content) == (None, words(0))
    assert server.requests == m.tally.requests == 2
    assert m.tally.retries == {kind: 1}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("status_429", "rate_limited"),
        ("status_503", "server_error"),
        ("reset", "connection"),
        ("slow", "timeout"),
        ("drip", "timeout"),
    ],
)
async def test_what_does_not_pass_fails_the_row_for_now(tmp_path: Path, fault: str, kind: str) -> None:
    limits = {"attempts": 3, "timeout": 0.1 if kind == "timeout" else 30.0}
    async with FakeEndpoint(rates={fault: 1.0}) as server, bench(tmp_path, server, fields={"limits": limits}) as m:
        failure = (await m.engine.sample(Ask("m", TEXT), 1)).failure
    assert failure is not None
    assert (failure.kind, failure.lasting, failure.attempts, failure.endpoint) == (kind, False, 3, server.url)
    assert server.requests == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("status_400", "bad_request"),
        ("status_413", "too_large"),
        ("status_422", "bad_request"),
        ("context", "context_too_long"),
    ],
)
async def test_what_is_the_rows_own_fault_is_asked_once(tmp_path: Path, fault: str, kind: str) -> None:
    async with FakeEndpoint(rates={fault: 1.0}) as server, bench(tmp_path, server) as m:
        failure = (await m.engine.sample(Ask("m", TEXT), 1)).failure
    assert failure is not None
    assert (failure.kind, failure.lasting) == (kind, True)
    assert server.requests == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("status_401", "401.*api_key_env"),
        ("status_402", "402"),
        ("status_403", "403.*api_key_env"),
        ("status_404", "does not exist.*asked for 'fake'.*/models"),
        ("redirect", "redirects to https://elsewhere.example/v1/chat/completions; give that URL"),
    ],
)
async def test_what_is_every_rows_fault_stops_the_run(tmp_path: Path, fault: str, words: str) -> None:
    async with FakeEndpoint(rates={fault: 1.0}) as server, bench(tmp_path, server) as m:
        with pytest.raises(EndpointStop, match=rf"models\.m: {server.url}: .*{words}"):
            await m.engine.sample(Ask("m", TEXT), 1)
    assert server.requests == 1


async def test_a_page_instead_of_an_endpoint_stops_the_run(tmp_path: Path) -> None:
    async with FakeEndpoint(rates={"html": 1.0}) as server, bench(tmp_path, server) as m:
        with pytest.raises(EndpointStop, match=r"Welcome to nginx.*check the URL, which usually ends in /v1"):
            await m.engine.sample(Ask("m", TEXT), 1)


async def test_a_bad_reply_from_a_good_endpoint_fails_the_row(tmp_path: Path) -> None:
    async with FakeEndpoint(first=["none"], rates={"html": 1.0}) as server, bench(tmp_path, server) as m:
        await m.engine.sample(Ask("m", TEXT), 1)
        failure = (await m.engine.sample(Ask("m", "another"), 1)).failure
    assert failure is not None
    assert (failure.kind, failure.lasting) == ("bad_reply", False)


async def test_a_key_that_the_server_quotes_is_not_passed_on(tmp_path: Path) -> None:
    async with FakeEndpoint(api_key="right") as server, bench(tmp_path, server, api_key="sk-wrong") as m:
        with pytest.raises(EndpointStop) as stop:
            await m.engine.sample(Ask("m", TEXT), 1)
    assert "Incorrect API key provided: [key]" in str(stop.value)
    assert "sk-wrong" not in str(stop.value) + "".join(m.said)


@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        pytest.param("none", [4], id="n honoured"),
        pytest.param("n_ignored", [4, 1, 1, 1], id="n ignored"),
        pytest.param("fewer_choices", [4, 1, 1], id="fewer choices than n"),
        pytest.param("n_refused", [4, 1, 1, 1, 1], id="n refused"),
        pytest.param("duplicate_ids", [4], id="every choice says that it is the first"),
    ],
)
async def test_samples_of_a_picture_are_counted_by_slot(
    tmp_path: Path, picture: Image, fault: str, requests: list[int]
) -> None:
    async with FakeEndpoint(rates={fault: 1.0}) as server, bench(tmp_path, server) as m:
        replies = await m.engine.sample(Ask("m", TEXT, (picture,)), 4)
        again = await m.engine.sample(Ask("m", "7 + 8", (picture,)), 4)
    messages = server.bodies[0]["messages"]
    assert {slot: reply.content for slot, reply in replies.by_slot.items()} == {
        slot: speak(messages, SEED + slot) for slot in range(4)
    }
    asked = [body.get("n", 1) for body in server.bodies]
    assert asked[: len(requests)] == requests
    assert asked[len(requests) :] == ([4] if len(requests) == 1 else [1, 1, 1, 1]), "what n does there is learned once"
    assert len(again.by_slot) == 4


async def test_samples_of_a_text_are_requests_of_one(tmp_path: Path) -> None:
    async with FakeEndpoint() as server, bench(tmp_path, server) as m:
        replies = await m.engine.sample(Ask("m", TEXT), 4)
    assert {slot: reply.content for slot, reply in replies.by_slot.items()} == {slot: words(slot) for slot in range(4)}
    assert sorted(seed for _, seed in server.asked) == [SEED, SEED + 1, SEED + 2, SEED + 3]
    assert ["n" in body for body in server.bodies] == [False] * 4


async def test_a_refused_row_is_told_from_a_refused_n(tmp_path: Path, picture: Image) -> None:
    async with FakeEndpoint(rates={"status_400": 1.0}) as server, bench(tmp_path, server) as m:
        failure = (await m.engine.sample(Ask("m", TEXT, (picture,)), 4)).failure
    assert failure is not None
    assert failure.kind == "bad_request"
    assert server.requests == 2


async def test_slots_that_failed_leave_the_others_and_are_asked_for_again(tmp_path: Path) -> None:
    async with FakeEndpoint(first=["none", "status_400"]) as server, bench(tmp_path, server) as m:
        first = await m.engine.sample(Ask("m", TEXT), 4)
        assert len(first.by_slot) == 3
        assert first.failure is not None
        second = await m.engine.sample(Ask("m", TEXT), 4)
    assert {slot: reply.content for slot, reply in second.by_slot.items()} == {slot: words(slot) for slot in range(4)}
    assert server.requests == 5


async def test_a_connection_that_was_closed_meanwhile_is_opened_anew(tmp_path: Path) -> None:
    async with FakeEndpoint(rates={"close_kept_alive": 1.0}) as server, bench(tmp_path, server) as m:
        for number in range(5):
            assert (await m.engine.sample(Ask("m", f"{number} + 1"), 1)).failure is None
    assert m.tally.retries == {"connection": 4}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("empty_content", {"content": "", "reasoning": None}),
        ("reasoning_only", {"content": None, "reasoning": words(0)}),
        ("no_reasoning", {"content": words(0).partition("</think>")[2], "reasoning": None}),
    ],
)
async def test_an_odd_reply_is_a_reply(tmp_path: Path, fault: str, expected: Mapping[str, str | None]) -> None:
    async with FakeEndpoint(rates={fault: 1.0}) as server, bench(tmp_path, server) as m:
        replies = await m.engine.sample(Ask("m", TEXT), 1)
    reply = replies.by_slot[0]
    assert {"content": reply.content, "reasoning": reply.reasoning} == expected
    assert replies.failure is None


@pytest.mark.parametrize("fault", ["chunked", "gzipped", "no_length", "large"])
async def test_a_reply_sent_oddly_is_a_reply(tmp_path: Path, fault: str) -> None:
    async with FakeEndpoint(rates={fault: 1.0}) as server, bench(tmp_path, server) as m:
        replies = await m.engine.sample(Ask("m", TEXT), 1)
    assert (replies.failure, replies.by_slot[0].content, server.requests) == (None, words(0), 1)


async def test_a_reply_without_end_fails_its_row_and_fills_no_memory(tmp_path: Path) -> None:
    async with FakeEndpoint(first=["none"], rates={"too_large": 1.0}) as server, bench(tmp_path, server) as m:
        await m.engine.sample(Ask("m", TEXT), 1)
        failure = (await m.engine.sample(Ask("m", "another"), 1)).failure
    assert failure is not None
    assert (failure.kind, failure.lasting) == ("bad_reply", False)
    assert "more than 64 MB" in str(failure)


async def test_equal_asks_in_flight_are_one_request(tmp_path: Path) -> None:
    async with FakeEndpoint(delay=0.02) as server, bench(tmp_path, server) as m:
        replies = await asyncio.gather(*(m.engine.sample(Ask("m", TEXT), 1) for _ in range(5)))
    assert {each.by_slot[0].content for each in replies} == {words(0)}
    assert server.requests == 1


async def test_no_more_is_in_flight_than_allowed(tmp_path: Path) -> None:
    async with FakeEndpoint(delay=0.01) as server, bench(tmp_path, server, fields={"limits": {"concurrency": 3}}) as m:
        await asyncio.gather(*(m.engine.sample(Ask("m", f"{number} + 1"), 1) for number in range(20)))
    assert server.most_in_flight == 3


async def test_a_rainy_day_loses_nothing(tmp_path: Path) -> None:
    rates = dict.fromkeys(["status_429", "status_503", "reset", "reset_in_body", "truncated_json"], 0.1)
    async with (
        FakeEndpoint(rates=rates, seed=1) as server,
        bench(tmp_path, server, fields={"limits": {"attempts": 20}}) as m,
    ):
        texts = [f"{number} + 5" for number in range(50)]
        replies = await asyncio.gather(*(m.engine.sample(Ask("m", text), 2) for text in texts))
    for text, each in zip(texts, replies, strict=True):
        assert [each.by_slot[slot].content for slot in range(2)] == [words(0, text), words(1, text)]
    assert server.requests == 100 + m.tally.retries.total()
    assert len(m.tally.retries) == 4, "each kind of fault was met"


async def test_what_the_store_holds_is_not_sent_again(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        for k, sent in ((4, 4), (4, 4), (6, 6), (2, 6)):
            async with bench(tmp_path, server) as m:
                assert len((await m.engine.sample(Ask("m", TEXT), k)).by_slot) == k
            assert server.requests == sent
    assert len(set(server.asked)) == 6


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        pytest.param({"revision": "b"}, 4, id="another revision"),
        pytest.param({"sampling": {"seed": SEED, "temperature": 0.5}}, 4, id="another temperature"),
        pytest.param({"extra_body": {"ignore_eos": True}}, 4, id="another extra field"),
        pytest.param({"sampling": {"seed": SEED, "max_tokens": 4096}}, 0, id="a cap that the replies fit in"),
        pytest.param({"sampling": {"seed": SEED, "max_tokens": 10}}, 4, id="a cap that they do not fit in"),
        pytest.param({"limits": {"concurrency": 1, "timeout": 60.0}}, 0, id="other limits"),
    ],
)
async def test_only_what_makes_another_reply_is_asked_anew(tmp_path: Path, change: dict[str, Any], sent: int) -> None:
    async with FakeEndpoint() as server:
        for fields in ({"revision": "a"}, {"revision": "a"} | change):
            async with bench(tmp_path, server, fields=fields) as m:
                await m.engine.sample(Ask("m", TEXT), 4)
    assert server.requests == 4 + sent


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("status_503", "server_error"),
        ("retry_in_seconds", "rate_limited"),
        ("reset", "connection"),
        ("reset_in_body", "connection"),
        ("html", "bad_reply"),
    ],
)
async def test_a_client_handed_in_is_a_transport_too(tmp_path: Path, fault: str, kind: str) -> None:
    async with (
        FakeEndpoint(first=[fault]) as server,
        openai.AsyncOpenAI(base_url=server.url, api_key="k") as client,
        bench(tmp_path, server, transport=OpenAITransport(client)) as m,
    ):
        replies = await m.engine.sample(Ask("m", TEXT), 1)
    assert (replies.failure, replies.by_slot[0].content) == (None, words(0))
    assert m.tally.retries == {kind: 1}
    assert server.requests == 2, "its own retries are off"


async def test_a_picture_that_is_gone_fails_its_row(tmp_path: Path, picture: Image) -> None:
    gone = Image(path=f"{picture.path}.gone", sha256=picture.sha256)
    async with FakeEndpoint() as server, bench(tmp_path, server) as m:
        failure = (await m.engine.sample(Ask("m", TEXT, (gone,)), 4)).failure
    assert isinstance(failure, RowError)
    assert (failure.kind, failure.lasting, server.requests) == ("bad_image", True, 0)
