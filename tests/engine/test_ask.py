"""k samples of one ask: what is sent, what is learned about `n`, what is joined and what the store answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image as Picture

from ovlt_data import images
from ovlt_data.engine.ask import Engine, group_neighbours
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import Ask
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import Answer, Feed, Unreachable
from ovlt_data.errors import EndpointStop, RequestFailed
from ovlt_data.recipe import Model
from ovlt_data.types import Image

Body = dict[str, Any]
Answering = Callable[[Body], Answer]


class Recorded:
    """A transport that answers by a function and remembers what it was asked."""

    def __init__(self, answer: Answering) -> None:
        self.asked: list[Body] = []
        self._answer = answer

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        asked = msgspec.json.decode(body)
        self.asked.append(asked)
        await asyncio.sleep(0)
        return self._answer(asked)

    async def post_stream(
        self, url: str, body: bytes, headers: Mapping[str, str], *, idle: float, feed: Feed
    ) -> Answer:
        """A server that knows no streams answers all at once."""
        return await self.post(url, body, headers, seconds=idle)

    async def close(self) -> None:
        return None


def completion(*contents: str) -> Answer:
    choices = [
        {"index": index, "message": {"content": content}, "finish_reason": "stop"}
        for index, content in enumerate(contents)
    ]
    usage = {"prompt_tokens": 3, "completion_tokens": 2 * len(contents)}
    return Answer(200, {}, msgspec.json.encode({"choices": choices, "usage": usage}))


def refusal(message: str = "no") -> Answer:
    return Answer(400, {}, msgspec.json.encode({"error": {"message": message}}))


def honours_n(body: Body) -> Answer:
    return completion(*(f"{body.get('seed', 0)}+{i}" for i in range(body.get("n", 1))))


def ignores_n(body: Body) -> Answer:
    return completion("one")


def refuses_all(_: Body) -> Answer:
    return refusal()


def refuses_bad(body: Body) -> Answer:
    return refusal("bad picture") if "bad" in str(body["messages"]) else honours_n(body)


def refuses_n(body: Body) -> Answer:
    return refusal("n must be 1") if body.get("n", 1) > 1 else completion("one")


Asking = Callable[..., Awaitable[tuple[Engine, Recorded]]]


@pytest.fixture
async def engine_of(tmp_path: Path) -> AsyncIterator[Asking]:
    store = await Store.open(tmp_path / "store")

    async def make(answer: Answering, **model: Any) -> tuple[Engine, Recorded]:
        transport, tally = Recorded(answer), Tally()
        spec = Model.model_validate({"endpoint": "http://127.0.0.1:1/v1", "model": "m", "revision": "r", **model})
        endpoint = Endpoint(
            "m", spec, urls=spec.endpoint, transport=transport, tally=tally, say=lambda _: None, backoff=0.0
        )
        return Engine({"m": endpoint}, store, tally), transport

    yield make
    await store.close()


@pytest.fixture
def picture(tmp_path: Path) -> Image:
    path = tmp_path / "red.png"
    Picture.new("RGB", (32, 32), "red").save(path)
    return images.save(path.read_bytes(), tmp_path / "images")


def lose(picture: Image) -> None:
    Path(picture.path).unlink()


async def test_prompt_with_a_picture_is_sent_once_for_all_samples(engine_of: Asking, picture: Image) -> None:
    engine, sent = await engine_of(honours_n)
    replies = await engine.sample(Ask("m", "what?", (picture,)), 4)
    assert [body["n"] for body in sent.asked] == [4]
    assert sorted(replies.by_slot) == [0, 1, 2, 3]


async def test_a_reply_from_the_store_needs_no_picture(engine_of: Asking, picture: Image) -> None:
    engine, sent = await engine_of(honours_n)
    first = await engine.sample(Ask("m", "what?", (picture,)), 4)
    lose(picture)
    again = await engine.sample(Ask("m", "what?", (picture,)), 4)
    assert (again.by_slot, again.failure, len(sent.asked)) == (first.by_slot, None, 1)


async def test_text_prompt_is_one_request_per_sample(engine_of: Asking) -> None:
    engine, sent = await engine_of(honours_n)
    await engine.sample(Ask("m", "what?"), 4)
    assert ["n" in body for body in sent.asked] == [False] * 4


@pytest.mark.parametrize(("answer", "requests"), [(ignores_n, 4), (refuses_n, 5)], ids=["ignores", "refuses"])
async def test_endpoint_without_n_still_gives_every_sample_and_is_remembered(
    engine_of: Asking, picture: Image, answer: Answering, requests: int
) -> None:
    engine, sent = await engine_of(answer)
    replies = await engine.sample(Ask("m", "first", (picture,)), 4)
    assert (len(replies.by_slot), len(sent.asked)) == (4, requests)
    await engine.sample(Ask("m", "second", (picture,)), 4)
    assert all("n" not in body for body in sent.asked[requests:])


async def test_row_that_is_refused_anyway_does_not_pass_for_a_refused_n(engine_of: Asking, picture: Image) -> None:
    engine, sent = await engine_of(refuses_bad)
    bad = await engine.sample(Ask("m", "bad", (picture,)), 4)
    assert isinstance(bad.failure, RequestFailed)
    assert (bad.failure.kind, bad.failure.lasting, len(sent.asked)) == ("bad_request", True, 2)
    await engine.sample(Ask("m", "good", (picture,)), 4)
    assert sent.asked[-1]["n"] == 4


async def test_equal_asks_in_flight_are_joined(engine_of: Asking, picture: Image) -> None:
    engine, sent = await engine_of(honours_n)
    await asyncio.gather(*(engine.sample(Ask("m", "describe", (picture,)), 1) for _ in range(10)))
    assert len(sent.asked) == 1


async def test_more_samples_send_only_the_new_ones_and_fewer_send_none(engine_of: Asking) -> None:
    engine, sent = await engine_of(honours_n)
    await engine.sample(Ask("m", "what?"), 4)
    await engine.sample(Ask("m", "what?"), 6)
    assert len(sent.asked) == 6
    assert sorted((await engine.sample(Ask("m", "what?"), 2)).by_slot) == [0, 1]
    assert len(sent.asked) == 6


async def test_seeded_slots_carry_their_own_seed_however_they_are_asked_for(engine_of: Asking, picture: Image) -> None:
    engine, sent = await engine_of(honours_n, sampling={"seed": 100})
    first = await engine.sample(Ask("m", "what?", (picture,)), 2)
    more = await engine.sample(Ask("m", "what?", (picture,)), 4)
    assert [(body["seed"], body["n"]) for body in sent.asked] == [(100, 2), (102, 2)]
    assert [more.by_slot[slot].content for slot in range(4)] == ["100+0", "100+1", "102+0", "102+1"]
    assert first.key == more.key


async def test_seeded_samples_of_a_hosted_api_are_asked_for_one_by_one(engine_of: Asking, picture: Image) -> None:
    engine, sent = await engine_of(honours_n, provider="openai", sampling={"seed": 7})
    await engine.sample(Ask("m", "what?", (picture,)), 3)
    assert sorted(body["seed"] for body in sent.asked) == [7, 8, 9]


@pytest.mark.parametrize(
    ("change", "requests"),
    [
        ({"revision": "other"}, 2),
        ({"sampling": {"temperature": 0.5}}, 2),
        ({"extra_body": {"x": 1}}, 2),
        ({"chat_template_kwargs": {"enable_thinking": True}}, 2),
        ({"endpoint": "http://127.0.0.1:2/v1"}, 1),
        ({"limits": {"concurrency": 1}}, 1),
        ({"sampling": {"max_tokens": 4096}}, 1),
    ],
    ids=["revision", "temperature", "extra-body", "template-kwargs", "url", "limits", "cap"],
)
async def test_only_what_decides_the_words_makes_another_request(
    engine_of: Asking, change: dict[str, Any], requests: int
) -> None:
    engine, first = await engine_of(honours_n)
    await engine.sample(Ask("m", "what?"), 1)
    engine, second = await engine_of(honours_n, **change)
    await engine.sample(Ask("m", "what?"), 1)
    assert len(first.asked) + len(second.asked) == requests


async def test_neutral_values_are_sent_to_vllm_and_spared_a_hosted_api(engine_of: Asking) -> None:
    engine, sent = await engine_of(honours_n)
    await engine.sample(Ask("m", "a"), 1)
    assert sent.asked[0]["repetition_penalty"] == 1.0
    assert sent.asked[0]["top_k"] == -1
    engine, sent = await engine_of(honours_n, provider="openai", sampling={"max_tokens": 9})
    await engine.sample(Ask("m", "a"), 1)
    assert set(sent.asked[0]) == {"model", "messages", "max_completion_tokens"}


async def test_lasting_failure_of_an_earlier_run_is_not_sent_again(engine_of: Asking) -> None:
    engine, sent = await engine_of(refuses_all)
    failed = await engine.sample(Ask("m", "what?"), 1)
    assert failed.failure is not None
    assert failed.failure.request_key == failed.key
    engine._refused = {failed.key: failed.failure}
    again = await engine.sample(Ask("m", "what?"), 1)
    assert (again.failure, len(sent.asked)) == (failed.failure, 1)


async def test_nobody_listening_before_any_answer_stops_the_run(engine_of: Asking) -> None:
    def nobody(_: Body) -> Answer:
        raise Unreachable("connection refused")

    engine, _ = await engine_of(nobody)
    with pytest.raises(EndpointStop, match=r"nobody answers at http://127\.0\.0\.1:1/v1"):
        await engine.sample(Ask("m", "what?"), 4)


async def test_refusal_of_one_slot_ends_the_requests_for_the_others(engine_of: Asking) -> None:
    def refuses_first(body: Body) -> Answer:
        return Answer(401, {}, b"") if body["seed"] == 100 else Answer(503, {}, b"")

    engine, sent = await engine_of(refuses_first, sampling={"seed": 100}, limits={"attempts": 1000})
    with pytest.raises(EndpointStop, match="401"):
        await engine.sample(Ask("m", "what?"), 4)
    requests = len(sent.asked)
    await asyncio.sleep(0.01)
    assert len(sent.asked) == requests, "nobody goes on asking"


def test_slots_that_follow_each_other_are_grouped() -> None:
    assert group_neighbours([0, 1, 3, 5, 6]) == [(0, 1), (3,), (5, 6)]
