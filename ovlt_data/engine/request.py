"""What is asked of a model, in two forms: the canonical body, whose hash is the store's key, and the wire body.

The key holds everything that decides what a model says, and nothing else:

| left out of the key        | because                                                                        |
|----------------------------|--------------------------------------------------------------------------------|
| URL, key, timeouts, limits | where and how fast is not what                                                 |
| n, the slot's seed offset  | samples are counted by slot                                                    |
| max_tokens                 | a cap, not a taste: the store decides which caps a reply serves                |
| stream, user               | the same words either way                                                      |
| the pictures' encoded form | their source's bytes, the pixel caps and the version of our rules stand for it |
| the served name            | a name is an alias: the model's identity stands for it, where one is known     |
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ovlt_data import images
from ovlt_data.recipe import Model, Sampling
from ovlt_data.types import Image

KEY_VERSION = 1
"""Counted up when the canonical body's form changes: every key changes with it."""

TOKENS_PER_EVENT = 16
"""Of a stream, where the server lets us say so: vLLM does."""


class Ask(Struct, frozen=True):
    """One user message to one model, to be answered once or k times."""

    model: str
    """The model's name in the recipe."""
    text: str
    images: tuple[Image, ...] = ()
    max_tokens: int | None = None
    """A cap of its own; None for the model's."""


class Identity(Struct, frozen=True):
    """Which weights answer. A name alone is not identity: the next iteration is served under the same name."""

    model: str
    revision: str | None = None
    """A commit of the Hub."""
    checkpoint: str | None = None
    """Hash of the weight files."""

    def __str__(self) -> str:
        mark = self.revision or self.checkpoint
        return f"{self.model}@{mark}" if mark else self.model


def identify(model: Model) -> Identity:
    """The recipe's word for which weights answer."""
    return Identity(model=model.model or "", revision=model.revision, checkpoint=model.checkpoint)


def canonical_body(ask: Ask, model: Model) -> bytes:
    """The request as canonical JSON: sorted keys, numbers typed, pictures by hash."""
    caps = {"max": model.images.max_pixels, "min": model.images.min_pixels, "rules": images.RULES}
    sampling = sampling_fields(model)
    sampling.pop("max_tokens", None)
    body = {
        "version": KEY_VERSION,
        "identity": msgspec.to_builtins(identify(model)),
        "messages": [
            {"role": "user", "images": [{"sha256": image.sha256, **caps} for image in ask.images], "text": ask.text}
        ],
        "sampling": sampling,
        "seed": model.sampling.seed,
        "chat_template_kwargs": model.chat_template_kwargs,
        "extra_body": model.extra_body,
        "extra_headers": model.extra_headers,
    }
    return msgspec.json.encode(body, order="sorted")


def hash_key(body: bytes) -> bytes:
    """The store's key of a canonical body, 32 bytes."""
    return hashlib.sha256(body).digest()


def sampling_fields(model: Model) -> dict[str, Any]:
    """Sampling as this provider takes it, without the seed.

    Servers fill what is unset from the model's generation_config (Qwen2.5 models bring a repetition penalty of
    1.05), so neutral values are sent too, but for a hosted API, which refuses names that are not its own.
    """
    sampling = model.sampling
    fields: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
    }
    if sampling.max_tokens is not None:
        fields["max_completion_tokens" if model.provider == "openai" else "max_tokens"] = sampling.max_tokens
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    if model.provider == "openai":
        return {name: value for name, value in fields.items() if not _is_neutral(name, value)}
    fields |= {"top_k": sampling.top_k, "min_p": sampling.min_p, "repetition_penalty": sampling.repetition_penalty}
    return fields


def encode_messages(ask: Ask, model: Model) -> msgspec.Raw:
    """The chat messages as sent, once for all slots: JSON, with pictures as data URLs before the text.

    Reads files where there are pictures: not for the event loop.
    """
    content: str | list[dict[str, Any]] = ask.text
    if ask.images:
        parts = [{"type": "image_url", "image_url": {"url": _encode_image(image, model)}} for image in ask.images]
        content = [*parts, {"type": "text", "text": ask.text}]
    return msgspec.Raw(msgspec.json.encode([{"role": "user", "content": content}]))


def wire_body(messages: msgspec.Raw, model: Model, slots: Sequence[int]) -> bytes:
    """The request for some slots of one ask; slots of a seeded request must follow each other."""
    body: dict[str, Any] = {"model": model.model, "messages": messages, **sampling_fields(model)}
    if len(slots) > 1:
        body["n"] = len(slots)
    if model.sampling.seed is not None:
        body["seed"] = model.sampling.seed + slots[0]
    if model.chat_template_kwargs:
        body["chat_template_kwargs"] = model.chat_template_kwargs
    if model.stream:
        body |= _stream_fields(model)
    return msgspec.json.encode(body | model.extra_body)


def _stream_fields(model: Model) -> dict[str, Any]:
    """vLLM counts tokens as it goes, for a reply that is cut, and sends several at once: each event costs CPU."""
    if model.provider == "openai":
        return {"stream": True, "stream_options": {"include_usage": True}}
    options = {"include_usage": True, "continuous_usage_stats": True}
    return {"stream": True, "stream_options": options, "stream_interval": TOKENS_PER_EVENT}


def _encode_image(image: Image, model: Model) -> str:
    caps = model.images
    prepared = images.prepare(
        images.load(image), name=image.path, max_pixels=caps.max_pixels, min_pixels=caps.min_pixels
    )
    return images.data_url(prepared)


def _is_neutral(name: str, value: object) -> bool:
    return name in Sampling.model_fields and value == Sampling.model_fields[name].default
