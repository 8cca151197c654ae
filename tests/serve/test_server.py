"""The embedded server as clients meet it: the real process, the committed model, over HTTP."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from ovlt_data.engine.stream import Stream
from ovlt_data.serve.embedded import TINY_MODEL, start_embedded
from ovlt_data.sources.shapes import draw_task, render

Asked = Callable[..., httpx.Response]

SERVED = TINY_MODEL.name
REASON = """Description: At the top left is a red circle. At the top right is a blue square. Two shapes in all.
Question: What colour is the circle?
Think inside <think>, then answer inside <answer>."""

REFUSED = {
    "misspelt field": ({"temprature": 1.0}, "temprature"),
    "wrong type": ({"n": "four"}, "n"),
    "out of range": ({"temperature": -1}, "temperature"),
    "empty events": ({"stream": True, "stream_interval": 0}, "stream_interval"),
    "no messages": ({"messages": []}, "messages"),
    "cap over the context": ({"max_tokens": 5000}, "maximum context length is 2048"),
    "prompt over the context": ({"messages": [{"role": "user", "content": "word " * 3000}]}, "maximum context length"),
    "picture's mark in text": ({"messages": [{"role": "user", "content": "<|image_pad|>"}]}, "<|image_pad|>"),
}

BAD_PICTURES = {
    "address": "https://example.com/cat.png",
    "file": "file:///etc/passwd",
    "not base64": "data:image/png;base64,!!!",
    "not a picture": "data:image/png;base64,aGVsbG8=",
    "truncated": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNg",
}


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner.run(start_embedded(TINY_MODEL, stack=stack)).url
        runner.run(stack.aclose())


@pytest.fixture
def client(server_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server_url, timeout=60) as client:
        yield client


@pytest.fixture
def ask(client: httpx.Client) -> Asked:
    """Ask for a completion; keywords are the body's fields."""

    def post(content: str | list[Any] = REASON, **fields: Any) -> httpx.Response:
        body = {"model": SERVED, "messages": [{"role": "user", "content": content}], "max_tokens": 200, **fields}
        return client.post("/chat/completions", json=body)

    return post


@pytest.fixture(scope="module")
def picture_url() -> str:
    """A shapes scene as a data URL."""
    return "data:image/png;base64," + base64.b64encode(render(draw_task(0, 0).scene)).decode()


def test_health_and_model_list(client: httpx.Client, server_url: str) -> None:
    assert httpx.get(server_url.removesuffix("/v1") + "/health").status_code == 200
    (model,) = client.get("/models").json()["data"]
    assert (model["id"], model["max_model_len"], model["owned_by"]) == (SERVED, 2048, "ovlt")


def test_reply_is_split_into_reasoning_and_content(ask: Asked) -> None:
    (choice,) = ask(temperature=0).json()["choices"]
    assert choice["finish_reason"] == "stop"
    assert "The question is about the circle." in choice["message"]["reasoning"]
    assert choice["message"]["content"].strip().endswith("</answer>")
    assert "think>" not in choice["message"]["reasoning"] + choice["message"]["content"]


def test_caption_is_content(ask: Asked, picture_url: str) -> None:
    message = ask(_with_picture(picture_url), temperature=0).json()["choices"][0]["message"]
    assert message["reasoning"] is None
    assert "At the bottom right is a blue circle." in message["content"]


def test_unfinished_thought_leaves_no_content(ask: Asked) -> None:
    (choice,) = ask(max_tokens=10).json()["choices"]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"] is None
    assert choice["message"]["reasoning"]


def test_n_gives_different_choices_in_order(ask: Asked) -> None:
    reply = ask(n=4, seed=1).json()
    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2, 3]
    assert len({choice["message"]["reasoning"] for choice in reply["choices"]}) > 1


def test_stream_joins_to_the_same_reply(ask: Asked) -> None:
    whole = ask(seed=3).json()
    events = ask(seed=3, stream=True, stream_options={"include_usage": True}, stream_interval=4)
    assert events.headers["content-type"].startswith("text/event-stream")
    stream = Stream()
    stream.feed(events.content)
    joined = json.loads(stream.join({}).body)
    message = {name: whole["choices"][0]["message"][name] for name in ("content", "reasoning")}
    assert joined["choices"][0]["message"] == message
    assert joined["usage"].items() <= whole["usage"].items()
    assert events.content.count(b"data: ") < len(f"{message}".split()) / 2


def test_usage_counts_pictures_and_all_choices(ask: Asked, picture_url: str) -> None:
    plain, seen = (
        ask(content, n=2, max_tokens=5, seed=1).json()["usage"]
        for content in ("Describe this.", _with_picture(picture_url))
    )
    assert plain["completion_tokens"] == seen["completion_tokens"] == 10
    assert seen["prompt_tokens"] > plain["prompt_tokens"] + 16
    assert seen["total_tokens"] == seen["prompt_tokens"] + seen["completion_tokens"]


async def test_seed_decides_whatever_the_company(server_url: str) -> None:
    async with httpx.AsyncClient(base_url=server_url, timeout=60) as client:
        together = await asyncio.gather(
            _texts(client, REASON, n=4, seed=100),
            *(_texts(client, f"Question {i}: how many?", n=2, max_tokens=7 * i) for i in range(1, 6)),
        )
        alone = [(await _texts(client, REASON, seed=100 + slot))[0] for slot in range(4)]
    assert together[0] == alone


@pytest.mark.parametrize("stop", ["the circle", ["nowhere", "the circle"]], ids=["text", "list"])
def test_stop_ends_before_the_word(ask: Asked, stop: str | list[str]) -> None:
    (choice,) = ask(temperature=0, stop=stop).json()["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["reasoning"].endswith("The question is about ")


@pytest.mark.parametrize("narrow", [{"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1.0}], ids=["top_k", "top_p", "min_p"])
def test_narrow_sampling_is_greedy(ask: Asked, narrow: dict[str, Any]) -> None:
    greedy = ask(temperature=0).json()["choices"][0]["message"]
    assert ask(temperature=1.5, n=2, **narrow).json()["choices"][1]["message"] == greedy


def test_penalties_and_template_variables_are_taken(ask: Asked) -> None:
    fields = {"repetition_penalty": 1.3, "presence_penalty": 0.5, "frequency_penalty": 0.5}
    plain, penalised = ask(temperature=0), ask(temperature=0, chat_template_kwargs={"enable_thinking": True}, **fields)
    assert penalised.status_code == 200
    assert penalised.json()["choices"][0]["message"] != plain.json()["choices"][0]["message"]


@pytest.mark.parametrize(("fields", "named"), REFUSED.values(), ids=REFUSED)
def test_bad_request_says_what_is_wrong(ask: Asked, fields: dict[str, Any], named: str) -> None:
    reply = ask(**fields)
    error = reply.json()["error"]
    assert reply.status_code == error["code"] == 400
    assert named in error["message"]


def test_broken_json_is_a_bad_request(client: httpx.Client) -> None:
    assert client.post("/chat/completions", content=b'{"model": ').json()["error"]["code"] == 400


@pytest.mark.parametrize("url", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_bad_picture_is_a_bad_request(ask: Asked, url: str) -> None:
    reply = ask(_with_picture(url))
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "image_url")


def test_unknown_model_and_page_are_not_found(ask: Asked, client: httpx.Client) -> None:
    missing = [ask(model="gpt-5"), client.get("/embeddings")]
    assert [reply.json()["error"]["code"] for reply in missing] == [404, 404]


def _with_picture(url: str) -> list[dict[str, Any]]:
    return [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "Describe this picture fully."}]


async def _texts(client: httpx.AsyncClient, content: str, **fields: Any) -> list[str]:
    body = {"model": SERVED, "messages": [{"role": "user", "content": content}], "max_tokens": 120, **fields}
    reply = (await client.post("/chat/completions", json=body)).raise_for_status()
    return [f"{choice['message']['reasoning']}|{choice['message']['content']}" for choice in reply.json()["choices"]]
