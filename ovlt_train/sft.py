"""Supervised fine-tuning, as in the paper's Table 7: TRL's trainer on a dataset version, loss on completions alone."""

from typing import Any

from transformers import set_seed
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from ovlt_data.recipe.train import SftRecipe
from ovlt_train.batches import count_rows
from ovlt_train.data import Version, open_version, refuse_markers
from ovlt_train.finish import announce, count_gpus, finish
from ovlt_train.machine import count_local_gpus, free_memory, refuse_too_large, refuse_without_gpu
from ovlt_train.model import freeze_vision, load_processor, make_lora, markers
from ovlt_train.record import refuse_other_prompt
from ovlt_train.resume import begin, last_checkpoint, output_of, restore_weights
from ovlt_train.settings import PAPER_SFT, make_config


def prepare_sft(recipe: SftRecipe, *, gpus: int) -> tuple[SFTConfig, Version, Any]:
    """Raises UsageError and StopError for all that can be told before the model is loaded.

    Returns TRL's configuration, the rows, and the model's processor.
    """
    batches = count_rows(recipe.batch, gpus=gpus)
    refuse_without_gpu(recipe, gpus=gpus, there=count_local_gpus(recipe))
    config = make_config(SFTConfig, recipe, batches, paper=PAPER_SFT, output=output_of(recipe))
    version = open_version(recipe.dataset, kind="sft", tag=recipe.tag)
    refuse_other_prompt(recipe, version)
    processor = load_processor(recipe)
    refuse_markers(version, markers(processor))
    refuse_too_large(recipe, there=free_memory(recipe, gpus=gpus))
    return config, version, processor


def train_sft(recipe: SftRecipe) -> None:
    """Train, or go on training."""
    output = output_of(recipe)
    config, version, processor = prepare_sft(recipe, gpus=count_gpus())
    if not begin(recipe, output):
        return
    checkpoint = last_checkpoint(output)
    set_seed(recipe.seed)  # before an adapter draws its weights
    announce(config, version, checkpoint)
    trainer = SFTTrainer(
        model=recipe.model,
        args=config,
        train_dataset=version.rows.select_columns(["images", "prompt", "completion"]),
        processing_class=processor,
        peft_config=make_lora(recipe),
    )
    if recipe.freeze_vision:
        freeze_vision(trainer.model)
    if checkpoint and recipe.lora is None:
        restore_weights(trainer.model, checkpoint)
    trainer.train(resume_from_checkpoint=checkpoint)
    finish(trainer, "sft", recipe, version)
