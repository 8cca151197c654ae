"""A checkpoint that was trained here, in a real vLLM: it sees and says what it does in transformers."""

import base64
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
import yaml
from PIL import Image
from test_vllm_quickstart import QUICKSTART, at
from transformers import AutoModelForImageTextToText
from vllm_runs import run_ovlt
from vllm_server import MODEL, VllmServer

from ovlt_data.serve.processor import load_processor
from ovlt_data.sources.shapes import draw_problems

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1200)]

PROMPTS, TOKENS = 100, 96
BATCH = 25
CAP = 12544
"""Pixels that the training showed at most; the model that it starts from takes nine times as many."""
LARGE = (300, 230)


class Asked(NamedTuple):
    text: str
    picture: Image.Image


class Said(NamedTuple):
    text: str
    prompt_tokens: int
    """A picture's size among them: shown uncapped, LARGE is 88 of them instead of 12."""


@pytest.fixture(scope="module")
def trained(vllm: VllmServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen steps on what the tiny model made of the quickstart."""
    folder = tmp_path_factory.mktemp("trained")
    ran = run_ovlt(QUICKSTART, *at(vllm), cwd=folder)
    assert ran.status == 0, ran.said
    recipe: dict[str, Any] = {"name": "trained", "model": str(MODEL), "dtype": "float32", "images": {"max_pixels": CAP}}
    recipe |= {"dataset": str(folder / "runs/quickstart/dataset"), "output": str(folder / "trained")}
    recipe |= {"batch": {"update": 8, "per_gpu": 4}}
    recipe["trl"] = {"learning_rate": 3e-4, "max_steps": 12, "use_cpu": True, "gradient_checkpointing": False}
    (folder / "sft.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    command = [sys.executable, "-m", "ovlt_data.cli", "train", "sft", str(folder / "sft.yaml")]
    done = subprocess.run(
        command, env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "trained"


@pytest.fixture(scope="module")
def server(vllm: VllmServer, trained: Path) -> Iterator[VllmServer]:
    server = VllmServer(vllm.python, log=trained / "server.log", model=trained, parser=())
    try:
        server.start()
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def test_vllm_says_what_transformers_says(server: VllmServer, trained: Path) -> None:
    """Greedily, in float32 on both sides. In bf16 rounding decides between near words, here and there differently."""
    prompts = list(draw_prompts())
    with ThreadPoolExecutor(16) as pool:
        served = list(pool.map(partial(ask_vllm, server), prompts))
    generated = generate(trained, prompts)
    assert [said.prompt_tokens for said in served] == [said.prompt_tokens for said in generated]
    assert len({said.text for said in generated}) > PROMPTS / 2
    equal = sum(one.text == other.text for one, other in zip(served, generated, strict=True))
    assert equal >= 95


def draw_prompts() -> Iterator[Asked]:
    """Every other picture is larger than the cap, and of another shape."""
    for place, draft in enumerate(draw_problems(count=PROMPTS, seed=77)):
        (content,) = draft.images
        assert isinstance(content, bytes)
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        yield Asked(f"{draft.question} {' '.join(draft.choices)}", picture.resize(LARGE) if place % 2 else picture)


def ask_vllm(server: VllmServer, asked: Asked) -> Said:
    file = io.BytesIO()
    asked.picture.save(file, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": asked.text}]
    reply = server.chat(messages=[{"role": "user", "content": content}], temperature=0, max_tokens=TOKENS).json()
    return Said(reply["choices"][0]["message"]["content"], reply["usage"]["prompt_tokens"])


def generate(folder: Path, prompts: list[Asked]) -> list[Said]:
    processor: Any = load_processor(folder)
    processor.tokenizer.padding_side = "left"
    model: Any = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    batches = [prompts[start : start + BATCH] for start in range(0, len(prompts), BATCH)]
    return [said for batch in batches for said in _generate(model, processor, batch)]


@torch.inference_mode()
def _generate(model: Any, processor: Any, prompts: list[Asked]) -> list[Said]:
    chats = [
        [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": asked.text}]}] for asked in prompts
    ]
    texts = processor.apply_chat_template(chats, add_generation_prompt=True, tokenize=False)
    batch = processor(text=texts, images=[asked.picture for asked in prompts], padding=True, return_tensors="pt")
    ids = model.generate(**batch, do_sample=False, max_new_tokens=TOKENS)[:, batch["input_ids"].shape[1] :]
    said = processor.tokenizer.batch_decode(ids, skip_special_tokens=True)
    return [Said(text, int(mask.sum())) for text, mask in zip(said, batch["attention_mask"], strict=True)]
