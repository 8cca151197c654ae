"""What a machine can't do is told before anything loads: no GPU, too little memory, no vLLM."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from a_training import TINY_MODEL

from ovlt_data.errors import EndpointStop, EnvironmentStop
from ovlt_data.recipe.train import SftRecipe

pytest.importorskip("trl", reason="needs the train extra: training is not tested")

from trl.trainer.grpo_config import GRPOConfig

from ovlt_train import machine

pytestmark = pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")


PARAMETERS, VISION = 3_717_760, 1_205_632
"""Of the tiny model."""


def recipe(**keys: Any) -> SftRecipe:
    fields: dict[str, Any] = {"name": "t", "model": str(TINY_MODEL), "dataset": "d", "dtype": "float32"}
    return SftRecipe.model_validate(fields | keys)


@pytest.mark.parametrize(
    ("keys", "gpus", "there", "said"),
    [
        pytest.param({}, 8, 0, "--gpus 8: no GPU can be used here.*expected --gpus 1", id="eight-of-none"),
        pytest.param({}, 8, 2, "--gpus 8: 2 GPUs .*expected --gpus 2", id="eight-of-two"),
        pytest.param({"dtype": "bfloat16"}, 1, 0, "dtype: bfloat16 .*dtype: float32", id="half-precision"),
        pytest.param({"trl": {"use_vllm": True, "use_cpu": True}}, 1, 0, "trl.use_vllm: ", id="vllm"),
    ],
)
def test_a_missing_gpu_is_told(keys: dict[str, Any], gpus: int, there: int, said: str) -> None:
    with pytest.raises(EnvironmentStop, match=said):
        machine.refuse_without_gpu(recipe(**keys), gpus=gpus, there=there)


def test_a_trial_on_a_cpu_is_let_through() -> None:
    machine.refuse_without_gpu(recipe(), gpus=1, there=0)
    machine.refuse_without_gpu(recipe(dtype="bfloat16", trl={"use_cpu": True}), gpus=1, there=0)


@pytest.mark.parametrize(
    ("keys", "references", "bytes_each"),
    [
        pytest.param({}, 0, 16, id="weights-gradients-moments"),
        pytest.param({"dtype": "bfloat16"}, 0, 8, id="half"),
        pytest.param({}, 1, 20, id="with-a-reference"),
        pytest.param({"lora": {}}, 0, 4, id="adapter"),
    ],
)
def test_too_little_memory_is_told_from_the_outline(keys: dict[str, Any], references: int, bytes_each: int) -> None:
    needed = PARAMETERS * bytes_each
    machine.refuse_too_large(recipe(**keys), there=needed, references=references)
    with pytest.raises(EnvironmentStop, match=r"0.0 billion parameters .* need at least .*use more GPUs"):
        machine.refuse_too_large(recipe(**keys), there=needed - 1, references=references)


def test_a_frozen_tower_needs_no_gradients() -> None:
    needed = PARAMETERS * 16 - VISION * 12
    machine.refuse_too_large(recipe(freeze_vision=True), there=needed)
    with pytest.raises(EnvironmentStop):
        machine.refuse_too_large(recipe(freeze_vision=True), there=needed - 1)


class Vllm(http.server.BaseHTTPRequestHandler):
    """Healthy, without the pages that VLLM_SERVER_DEV_MODE adds."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def vllm() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Vllm) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_vllm_that_takes_no_weights_is_told(vllm: str) -> None:
    with pytest.raises(EndpointStop, match="VLLM_SERVER_DEV_MODE=1"):
        machine.wait_for_server(vllm, seconds=0)


def test_a_vllm_that_is_not_there_is_told() -> None:
    with pytest.raises(EndpointStop, match=r"no vLLM answers at http://127.0.0.1:9 within 0 s"):
        machine.wait_for_server("http://127.0.0.1:9", seconds=0)


@pytest.fixture
def config(tmp_path: Path, vllm: str) -> GRPOConfig:
    config = GRPOConfig(str(tmp_path), bf16=False, use_cpu=True, vllm_mode="server", vllm_server_base_url=vllm)
    config.use_vllm = True  # what TRL allows only where vLLM is installed
    return config


def test_a_vllm_that_dies_is_told(config: GRPOConfig) -> None:
    config.vllm_server_base_url = "http://127.0.0.1:9"
    with (
        pytest.raises(EndpointStop, match=r"127.0.0.1:9 no longer answers .*start it again"),
        machine.told_of_vllm(config),
    ):
        raise ConnectionResetError


def test_faults_of_others_are_not_put_on_a_vllm_that_lives(config: GRPOConfig) -> None:
    with pytest.raises(ZeroDivisionError), machine.told_of_vllm(config):
        raise ZeroDivisionError
