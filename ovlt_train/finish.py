"""The two ends of training: what is said before it, and what is left behind it."""

import json
import os
import time
from typing import Any, Literal

from transformers import TrainingArguments
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.sft_trainer import SFTTrainer

from ovlt_data.recipe.train import TrainRecipe
from ovlt_train.curves import write_curves
from ovlt_train.data import Version
from ovlt_train.record import write_record
from ovlt_train.resume import output_of

STARTED = time.monotonic()
"""Of this process: one trains once."""
TELLING = (
    "learning_rate",
    "lr_scheduler_type",
    "warmup_steps",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "generation_batch_size",
    "num_generations",
    "temperature",
    "beta",
    "seed",
)
"""What is printed of the configuration; all of it stands in ovlt_train.json."""


def count_gpus() -> int:
    """Processes of this training, as accelerate has started them: one to a GPU."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def announce(config: TrainingArguments, version: Version, checkpoint: str | None) -> None:
    """Print what will be done, by the first process alone."""
    if not config.should_log:
        return
    fields = config.to_dict()
    print(f"dataset version {version.id}: {len(version.rows):,} rows, prompt `{version.prompt.name}`")
    print(json.dumps({name: fields[name] for name in TELLING if name in fields}))
    print(f"going on from {checkpoint}" if checkpoint else "starting", flush=True)


def finish(
    trainer: SFTTrainer | GRPOTrainer, method: Literal["sft", "grpo"], recipe: TrainRecipe, version: Version
) -> None:
    """Save the model, its curves, and last its record."""
    config = trainer.args
    output = output_of(recipe)
    if recipe.lora is not None:
        adapted: Any = trainer.model  # peft wraps it at run time
        trainer.model = adapted.merge_and_unload()
    trainer.save_model(str(output))
    if not config.should_save:
        return
    write_curves(trainer.state.log_history, output)
    record = write_record(
        output,
        method=method,
        recipe=recipe,
        version=version,
        settings=config.to_dict(),
        gpus=count_gpus(),
        steps=trainer.state.global_step,
        seconds=time.monotonic() - STARTED,
    )
    print(f"{output}: {record.steps} steps, checkpoint {record.checkpoint[:12]}")
