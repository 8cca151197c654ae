"""The wire: what may be asked in the form of OpenAI's chat completions, and what is said back.

Unlike real servers, an unknown field is refused: a misspelt sampling parameter must be seen. Reasoning is always told
apart, as vLLM's parser for DeepSeek R1 does, but a reply that opens no thought is content, so that one server can
caption and reason.
"""

import base64
import binascii
import io
import re
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from PIL import Image, UnidentifiedImageError

MAX_CHOICES = 64

Unit = Annotated[float, Meta(ge=0, le=1)]
Seed = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]


class Refusal(Exception):
    """A request that can't be served, with the status and the field that say why."""

    def __init__(self, message: str, *, status: HTTPStatus = HTTPStatus.BAD_REQUEST, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.param = param

    def body(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.status.name, "param": self.param, "code": int(self.status)}
        return {"error": error}


class TextPart(Struct, frozen=True, tag="text"):
    text: str


class ImageUrl(Struct, frozen=True):
    url: str


class ImagePart(Struct, frozen=True, tag="image_url"):
    image_url: ImageUrl


class Message(Struct, frozen=True):
    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart | ImagePart]


class StreamOptions(Struct, frozen=True):
    include_usage: bool = False
    continuous_usage_stats: bool = False
    """Taken and not done: a reply is whole before it is sent."""


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] = 1
    seed: Seed | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0)] = 1.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Meta(ge=-1)] = -1
    min_p: Unit = 0.0
    repetition_penalty: Annotated[float, Meta(gt=0)] = 1.0
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    stop: str | list[str] | None = None
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    stream_interval: Annotated[int, Meta(ge=1)] = 1
    """Tokens of one event; words here."""
    user: str | None = None
    chat_template_kwargs: dict[str, Any] = {}

    @property
    def cap(self) -> int | None:
        """Of new tokens; None for as many as the context holds."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> tuple[str, ...]:
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return tuple(text for text in given if text)


class Choice(Struct, frozen=True):
    """One reply, as the model said it."""

    text: str
    tokens: int
    finish_reason: Literal["stop", "length"]


_decoder = msgspec.json.Decoder(Request)


def decode_request(body: bytes) -> Request:
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"bad request: {error}") from error


def decode_image(url: str) -> Image.Image:
    """The picture of a data: URL, in RGB. Nothing is ever fetched or read from disk."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise Refusal("pictures are taken as data:image/…;base64,… URLs only", param="image_url")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB")
    except (*BAD_IMAGE, binascii.Error) as error:
        raise Refusal(f"Failed to load image: {error}", param="image_url") from error


# What Pillow raises on broken files, by format: a truncated PNG is a SyntaxError.
BAD_IMAGE = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def encode_completion(model: str, choices: Sequence[Choice], *, prompt_tokens: int, opened: bool) -> dict[str, Any]:
    """`opened` says that the prompt itself began the thought."""
    completion_tokens = sum(choice.tokens for choice in choices)
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [_encode_choice(index, choice, opened) for index, choice in enumerate(choices)],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def encode_events(completion: dict[str, Any], *, words: int, usage: bool) -> Iterator[bytes]:
    """A completion as the events of a stream, some words each, as vLLM sends them."""
    head = {"id": completion["id"], "object": "chat.completion.chunk"}
    head |= {"created": completion["created"], "model": completion["model"]}
    for choice in completion["choices"]:
        for delta in _deltas(choice["message"], words):
            yield _event(head | {"choices": [{"index": choice["index"], "delta": delta, "finish_reason": None}]})
        end = {"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]}
        yield _event(head | {"choices": [end]})
    if usage:
        yield _event(head | {"choices": [], "usage": completion["usage"]})
    yield b"data: [DONE]\n\n"


def _deltas(message: dict[str, Any], words: int) -> Iterator[dict[str, str]]:
    yield {"role": "assistant", "content": ""}
    for field in ("reasoning", "content"):
        pieces = re.findall(r"\s*\S+|\s+", message[field] or "")
        for start in range(0, len(pieces), words):
            yield {field: "".join(pieces[start : start + words])}


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def split_reasoning(text: str, *, opened: bool) -> tuple[str | None, str | None]:
    """Reasoning and content; a thought that never ends leaves no content."""
    thought, closed, rest = text.partition("</think>")
    if closed:
        return thought.removeprefix("<think>"), rest or None
    if opened or text.lstrip().startswith("<think>"):
        return text.lstrip().removeprefix("<think>"), None
    return None, text


def _encode_choice(index: int, choice: Choice, opened: bool) -> dict[str, Any]:
    reasoning, content = split_reasoning(choice.text, opened=opened)
    message = {"role": "assistant", "content": content, "reasoning": reasoning}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": choice.finish_reason}
