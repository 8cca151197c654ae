"""Whether this machine can do a training: its GPUs, its memory, the vLLM beside it; told before anything loads."""

import importlib.util
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import torch
from transformers import AutoConfig, AutoModelForImageTextToText
from trl.trainer.grpo_config import GRPOConfig

from ovlt_data.errors import EndpointStop, EnvironmentStop, UsageError
from ovlt_data.recipe.train import TrainRecipe
from ovlt_train.model import freeze_vision

PAUSE = 2.0
"""Seconds between two looks at a server that is loading."""


def refuse_without_gpu(recipe: TrainRecipe, *, gpus: int, there: int) -> None:
    """`there`: GPUs of this machine, or 0 where the recipe says trl.use_cpu."""
    if gpus > max(there, 1) and not is_launched():
        raise EnvironmentStop(
            f"--gpus {gpus}: {_count(there)} can be used here, and each process needs one of its own; "
            f"expected --gpus {max(there, 1)}, or a machine with more"
        )
    if there:
        return
    if recipe.trl.get("use_vllm"):
        raise EnvironmentStop(
            "trl.use_vllm: vLLM shares a GPU with the training, or takes its weights from one, and none can be used "
            "here; expected a machine with GPUs, or trl.use_vllm: false"
        )
    if recipe.dtype == "bfloat16" and not recipe.trl.get("use_cpu"):
        raise EnvironmentStop(
            "dtype: bfloat16 is for GPUs, and none is here; to try things out on a CPU, say dtype: float32 and "
            "trl.use_cpu: true"
        )


def is_launched() -> bool:
    """Whether this is one of accelerate's processes, which may be spread over machines."""
    return "WORLD_SIZE" in os.environ


def count_local_gpus(recipe: TrainRecipe) -> int:
    return 0 if recipe.trl.get("use_cpu") else torch.accelerator.device_count()


def free_memory(recipe: TrainRecipe, *, gpus: int) -> int:
    """Bytes: of so many GPUs like this process's, or the machine's own."""
    if count_local_gpus(recipe) and torch.cuda.is_available():
        return torch.cuda.mem_get_info()[0] * gpus
    return psutil.virtual_memory().available


def refuse_too_large(recipe: TrainRecipe, *, there: float, references: int = 0) -> None:
    """Say at once what would fail after minutes. Least memory: weights, gradients, AdamW's moments, no activations.

    `there`: free bytes of all GPUs, among which FSDP shares it out. `references`: copies that only answer, such as
    GRPO's for the KL term.
    """
    total, trained = _count_parameters(recipe)
    width = 2 if recipe.dtype == "bfloat16" else 4
    needed = width * (total * (1 + references) + 3 * trained)
    if needed > there:
        raise EnvironmentStop(
            f"{recipe.model}: {total / 1e9:.1f} billion parameters in {recipe.dtype}, {trained / 1e9:.1f} of them "
            f"trained, need at least {needed / 2**30:.0f} GiB without activations, and {there / 2**30:.0f} GiB are "
            "free; use more GPUs, `lora`, `freeze_vision`, or a smaller model"
        )


def refuse_absent_vllm(config: GRPOConfig) -> None:
    """Raises EnvironmentStop without the package, EndpointStop without a server that takes weights."""
    if not config.use_vllm:
        return
    if importlib.util.find_spec("vllm") is None:
        raise EnvironmentStop("trl.use_vllm: vLLM is not installed here; pip install 'trl[vllm]'")
    if _uses_server(config):
        wait_for_server(server_of(config), seconds=config.vllm_server_timeout)


def server_of(config: GRPOConfig) -> str:
    return config.vllm_server_base_url or f"http://{config.vllm_server_host}:{config.vllm_server_port}"


def wait_for_server(url: str, *, seconds: float) -> None:
    """Until it answers and takes weights; raises EndpointStop."""
    deadline = time.monotonic() + seconds
    while not _is_healthy(url):
        if time.monotonic() >= deadline:
            raise EndpointStop(
                f"trl.vllm_server_base_url: no vLLM answers at {url} within {seconds:g} s "
                "(trl.vllm_server_timeout); start it as recipes/paper/train_grpo_iter1.yaml shows"
            )
        time.sleep(PAUSE)
    if httpx.get(f"{url}/server_info", timeout=30).status_code == 404:
        raise EndpointStop(
            f"{url}: this vLLM takes no weights; start it with VLLM_SERVER_DEV_MODE=1 in its environment"
        )


@contextmanager
def told_of_vllm(config: GRPOConfig) -> Generator[None]:
    """A server that is lost on the way is named, with what to do."""
    try:
        yield
    except Exception as error:  # TRL passes on many kinds; what matters is whether the server is still there
        if not _uses_server(config) or _is_healthy(server_of(config)):
            raise
        raise EndpointStop(
            f"vLLM at {server_of(config)} no longer answers ({type(error).__name__}); start it again, and then this "
            "command: training goes on from its last checkpoint"
        ) from error


def _uses_server(config: GRPOConfig) -> bool:
    return config.use_vllm and config.vllm_mode == "server"


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


def _count(gpus: int) -> str:
    return "no GPU" if gpus == 0 else f"{gpus} GPU{'s' * (gpus > 1)}"


def _count_parameters(recipe: TrainRecipe) -> tuple[int, int]:
    """All of them, and those whose gradients are kept. An adapter's are too few to count."""
    try:
        config: Any = AutoConfig.from_pretrained(recipe.model, revision=recipe.revision)
    except OSError as error:
        raise UsageError(f"model: {recipe.model}: {error}; expected a model's folder, or a Hub id") from error
    with torch.device("meta"):
        outline: Any = AutoModelForImageTextToText.from_config(config)
    if recipe.freeze_vision:
        freeze_vision(outline)
    sizes = [(weight.numel(), weight.requires_grad) for weight in outline.parameters()]
    trained = 0 if recipe.lora is not None else sum(size for size, learns in sizes if learns)
    return sum(size for size, _ in sizes), trained
