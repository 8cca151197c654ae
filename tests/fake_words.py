"""What the fake endpoint says: a pure function of (messages, seed + choice).

A question such as "12 + 30" is answered rightly by three hashes in four.
"""

import base64
import json
import random
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

WORDS = "so first the left number then right one together that makes let me add"
PICTURE_TOKENS = 64
_JUDGE = re.compile(r"\(judge: (.*?)\).*<verdict>", re.DOTALL)
"""Whoever is asked for a verdict says what the question has for it in brackets."""

_TRACE = re.compile("<reasoning>.*</solution>", re.DOTALL)
"""Whoever is given one is an editor."""


def seeds_of(body: Mapping[str, Any]) -> list[int]:
    """vLLM's rule: choice i of a request with seed S is sampled with S + i."""
    return [(body.get("seed") or 0) + choice for choice in range(body.get("n") or 1)]


def hash_messages(messages: Sequence[Mapping[str, Any]]) -> str:
    """Of the text and the pictures' bytes."""
    return hash_asked(text_of(messages), [sha256(picture).hexdigest() for picture in pictures_of(messages)])


def hash_asked(text: str, pictures: Sequence[str]) -> str:
    """Of one message; the pictures by the sha256 of their bytes."""
    return sha256(json.dumps([text, *pictures]).encode()).hexdigest()


def text_of(messages: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(part["text"] for part in _parts(messages) if part["type"] == "text")


def pictures_of(messages: Sequence[Mapping[str, Any]]) -> list[bytes]:
    urls = [part["image_url"]["url"] for part in _parts(messages) if part["type"] == "image_url"]
    return [base64.b64decode(url.partition(",")[2]) for url in urls]


def _parts(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    contents = [message["content"] for message in messages]
    return [
        part
        for content in contents
        for part in ([{"type": "text", "text": content}] if isinstance(content, str) else content)
    ]


def speak(messages: Sequence[Mapping[str, Any]], seed: int) -> str:
    """What is said under this seed: a thought of some length, prose, an answer."""
    if scripted := _JUDGE.search(text_of(messages)):
        return scripted[1]
    if trace := _TRACE.search(text_of(messages)):
        return _edit(trace[0])
    draw = random.Random(f"{hash_messages(messages)} {seed}")
    thought = " ".join(draw.choices(WORDS.split(), k=draw.randint(30, 120)))
    return f"<think>\n{thought}\n</think>\n\nAdding both gives it. <answer>{_answer(messages, draw)}</answer>"


def _edit(trace: str) -> str:
    """An editor does as the trace tells it, or takes the description out."""
    edits = {
        "(stubborn)": trace,
        "(careless)": trace.replace("</reasoning>", ""),
        "(tagless)": trace.replace("<answer>", "").replace("</answer>", ""),
        "(wrong)": re.sub("<answer>.*</answer>", "<answer>-1</answer>", trace),
        "(wordy)": trace.replace("</reasoning>", f"{WORDS}</reasoning>"),
    }
    edit = next((edit for mood, edit in edits.items() if mood in trace), trace)
    return edit if "(stubborn)" in trace else edit.replace("description says", "picture shows")


def _answer(messages: Sequence[Mapping[str, Any]], draw: random.Random) -> str:
    sums = re.findall(r"(\d+) \+ (\d+)", text_of(messages))
    if not sums:
        return f"a picture of {draw.choice(WORDS.split())}"
    left, right = sums[-1]
    return str(int(left) + int(right) + draw.choice([0, 0, 0, 1]))


def complete(body: Mapping[str, Any], *, n: int | None = None, sees: bool = True) -> dict[str, Any]:
    """The completion as vLLM words it; a word is a token."""
    messages, cap = body["messages"], body.get("max_tokens") or 10**6
    texts = [speak(messages, seed) for seed in seeds_of(body)[:n]]
    pictures = len(pictures_of(messages)) if sees else 0
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [_choice(index, text, cap) for index, text in enumerate(texts)],
        "usage": {
            "prompt_tokens": len(text_of(messages).split()) + pictures * PICTURE_TOKENS,
            "completion_tokens": sum(min(len(text.split()), cap) for text in texts),
        },
    }


def _choice(index: int, text: str, cap: int) -> dict[str, Any]:
    cut = len(text.split()) > cap
    content = " ".join(text.split()[:cap]) if cut else text
    message = {"role": "assistant", "content": content, "reasoning": None}
    return {"index": index, "message": message, "finish_reason": "length" if cut else "stop"}
