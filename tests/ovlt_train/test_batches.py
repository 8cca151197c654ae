"""The paper's batches count prompts; TRL's own configuration agrees with what they become."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.errors import UsageError
from ovlt_data.recipe.train import GrpoBatch, SftBatch
from ovlt_train.batches import count_completions, count_rows, updates_per_rollout


@pytest.mark.parametrize(
    ("completions", "gpus", "per_gpu", "accumulated", "generated"),
    [
        pytest.param(5, 1, 5, 128, 2560, id="code-n-5-one-gpu"),
        pytest.param(8, 1, 8, 128, 4096, id="trl-n-8-one-gpu"),
        pytest.param(5, 8, 5, 16, 2560, id="code-n-5-eight-gpus"),
        pytest.param(8, 8, 8, 16, 4096, id="trl-n-8-eight-gpus"),
    ],
)
def test_table_8_in_completions(completions: int, gpus: int, per_gpu: int, accumulated: int, generated: int) -> None:
    said = count_completions(GrpoBatch(completions=completions), gpus=gpus)
    assert (said.per_device_train_batch_size, said.gradient_accumulation_steps) == (per_gpu, accumulated)
    assert (said.num_generations, said.generation_batch_size) == (completions, generated)


@pytest.mark.parametrize(("gpus", "accumulated"), [(1, 32), (8, 4)])
def test_table_7_in_rows(gpus: int, accumulated: int) -> None:
    assert count_rows(SftBatch(), gpus=gpus).gradient_accumulation_steps == accumulated


def test_a_share_that_does_not_divide_is_told_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"32 rows .* 3 GPUs .* another number of GPUs"):
        count_rows(SftBatch(), gpus=3)
    with pytest.raises(UsageError, match=r"one of 1, 2, 4"):
        count_rows(SftBatch(per_gpu=3), gpus=8)


@given(
    update=st.integers(1, 64),
    rollouts=st.integers(1, 8),
    completions=st.integers(2, 16),
    gpus=st.sampled_from([1, 2, 4, 8]),
)
def test_what_trl_checks_holds_for_every_batch_that_is_let_through(
    update: int, rollouts: int, completions: int, gpus: int
) -> None:
    batch = GrpoBatch(rollout=update * rollouts, update=update, completions=completions)
    try:
        said = count_completions(batch, gpus=gpus)
    except UsageError:
        return
    at_once = said.per_device_train_batch_size * gpus
    assert at_once * said.gradient_accumulation_steps == update * completions
    assert said.generation_batch_size % at_once == 0
    steps_per_generation = said.generation_batch_size // at_once
    assert steps_per_generation == said.gradient_accumulation_steps * updates_per_rollout(batch)


# TRL 1.16 still sets the name that transformers 5.23 renames.
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("completions", [5, 8])
def test_trl_builds_its_configuration_from_them(completions: int) -> None:
    trl = pytest.importorskip("trl", reason="needs the train extra")
    batch = GrpoBatch(completions=completions)
    said = count_completions(batch, gpus=1)
    config = trl.GRPOConfig(output_dir="", bf16=False, use_cpu=True, **msgspec.structs.asdict(said))
    assert config.steps_per_generation == 512
    assert config.steps_per_generation // config.gradient_accumulation_steps == updates_per_rollout(batch) == 4
