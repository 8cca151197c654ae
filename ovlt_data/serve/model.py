"""A Qwen2.5-VL from a folder, and requests as it reads them.

Weights are used in float32: with bf16's rounding a row would say one thing alone and another in company.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from msgspec import Struct
from PIL import Image
from torch import Tensor
from transformers import Qwen2_5_VLForConditionalGeneration

from ovlt_data.serve.processor import load_processor
from ovlt_data.serve.wire import ImagePart, Message, Refusal, Request, decode_image

PLACEHOLDERS = ("<|image_pad|>", "<|video_pad|>")


class Prompt(Struct, frozen=True):
    """A request's messages as tokens and patches."""

    ids: Tensor
    token_types: Tensor
    """1 where a token stands for a piece of a picture."""
    opened: bool
    """Whether the prompt itself begins the thought."""
    patches: Tensor | None = None
    grid: Tensor | None = None

    @property
    def tokens(self) -> int:
        return len(self.ids)


class LoadedModel:
    """Weights, tokenizer and processor of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Any: the types that transformers declares for these are not what it takes and gives.
        self.processor: Any = load_processor(folder)
        self.tokenizer: Any = self.processor.tokenizer
        self.network: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
        text = self.network.config.text_config
        self.context: int = text.max_position_embeddings
        self.vocabulary: int = text.vocab_size
        self.ends = _ids(self.network.generation_config.eos_token_id) | _ids(self.tokenizer.eos_token_id)
        self.unsayable = torch.tensor(sorted(set(self.tokenizer.all_special_ids) - self.ends))
        """Marks that structure prompts; a reply that held one could not be read again."""

    def read(self, request: Request) -> Prompt:
        """Raises Refusal for pictures that can't be read and for what doesn't fit into the context."""
        text = self._render(request)
        pictures = list(_pictures(request.messages))
        batch = self.processor(text=[text], images=pictures or None, return_tensors="pt")
        prompt = Prompt(
            ids=batch["input_ids"][0],
            token_types=batch["mm_token_type_ids"][0],
            opened=text.rstrip().endswith("<think>"),
            patches=batch.get("pixel_values"),
            grid=batch.get("image_grid_thw"),
        )
        self._check_length(prompt, request.cap)
        return prompt

    def decode(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)

    def _render(self, request: Request) -> str:
        messages = [{"role": message.role, "content": _template_content(message)} for message in request.messages]
        return self.processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False, **request.chat_template_kwargs
        )

    def _check_length(self, prompt: Prompt, cap: int | None) -> None:
        if prompt.tokens >= self.context:
            raise Refusal(
                f"This model's maximum context length is {self.context} tokens, the prompt alone has {prompt.tokens}",
                param="messages",
            )
        if cap is not None and prompt.tokens + cap > self.context:
            raise Refusal(
                f"This model's maximum context length is {self.context} tokens; max_tokens is {cap} and the prompt "
                f"has {prompt.tokens}",
                param="max_tokens",
            )


def _pictures(messages: list[Message]) -> Iterator[Image.Image]:
    for message in messages:
        if isinstance(message.content, str):
            continue
        for part in message.content:
            if isinstance(part, ImagePart):
                yield decode_image(part.image_url.url)


def _template_content(message: Message) -> str | list[dict[str, str]]:
    if isinstance(message.content, str):
        return _checked(message.content)
    return [
        {"type": "image"} if isinstance(part, ImagePart) else {"type": "text", "text": _checked(part.text)}
        for part in message.content
    ]


def _checked(text: str) -> str:
    """Text that stands for a picture nobody sent would be taken for one."""
    for mark in PLACEHOLDERS:
        if mark in text:
            raise Refusal(f"a message's text holds {mark}; send pictures as image_url parts", param="messages")
    return text


def _ids(given: int | list[int] | None) -> set[int]:
    if given is None:
        return set()
    return {given} if isinstance(given, int) else set(given)
