"""The paper counts prompts, TRL counts completions: the arithmetic between them, for any number of GPUs.

The released EasyR1 multiplies its global batch by the replies to a prompt, so that the paper's 128 are prompts. Copied
into TRL as they stand, its figures would give updates five times too small.
"""

from msgspec import Struct

from ovlt_data.errors import UsageError
from ovlt_data.recipe.train import GrpoBatch, SftBatch


class Batches(Struct, frozen=True, kw_only=True):
    """TRL's fields."""

    per_device_train_batch_size: int
    gradient_accumulation_steps: int


class Rollouts(Batches, frozen=True, kw_only=True):
    """TRL's fields, of GRPO."""

    num_generations: int
    generation_batch_size: int
    """Completions of one rollout."""


def count_rows(batch: SftBatch, *, gpus: int) -> Batches:
    """Raises UsageError where the GPUs can't share an update evenly."""
    steps = _divide(batch.update, per_gpu=batch.per_gpu, gpus=gpus, what="rows")
    return Batches(per_device_train_batch_size=batch.per_gpu, gradient_accumulation_steps=steps)


def count_completions(batch: GrpoBatch, *, gpus: int) -> Rollouts:
    """Raises UsageError where the GPUs can't share an update evenly."""
    per_gpu = batch.per_gpu or batch.completions
    steps = _divide(batch.update * batch.completions, per_gpu=per_gpu, gpus=gpus, what="completions")
    return Rollouts(
        per_device_train_batch_size=per_gpu,
        gradient_accumulation_steps=steps,
        num_generations=batch.completions,
        generation_batch_size=batch.rollout * batch.completions,
    )


def updates_per_rollout(batch: GrpoBatch) -> int:
    return batch.rollout // batch.update


def _divide(update: int, *, per_gpu: int, gpus: int, what: str) -> int:
    at_once = per_gpu * gpus
    if update % at_once == 0:
        return update // at_once
    fitting = [size for size in range(1, update // gpus + 1) if update % (size * gpus) == 0]
    advice = f"batch.per_gpu: one of {', '.join(map(str, fitting))}" if fitting else "another number of GPUs"
    raise UsageError(
        f"batch: an update of {update} {what} can't be shared by {gpus} GPU{'s' * (gpus > 1)} with {per_gpu} at once "
        f"on each; expected {advice}, or another batch.update"
    )
