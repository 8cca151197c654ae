"""GRPO, as in the paper's Table 8: TRL's trainer, paid by the one grader: 1 for a correct answer, 0 for any other."""

from typing import Any

from transformers import set_seed
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from ovlt_data.errors import UsageError
from ovlt_data.recipe.train import GrpoRecipe
from ovlt_train.batches import count_completions, updates_per_rollout
from ovlt_train.data import Version, open_version, refuse_markers, refuse_mixed_pictures
from ovlt_train.finish import announce, count_gpus, finish
from ovlt_train.machine import (
    count_local_gpus,
    free_memory,
    refuse_absent_vllm,
    refuse_too_large,
    refuse_without_gpu,
    told_of_vllm,
)
from ovlt_train.model import freeze_vision, load_processor, make_lora, markers
from ovlt_train.record import refuse_other_prompt
from ovlt_train.resume import SkipDrawnOrders, begin, last_checkpoint, output_of, restore_weights
from ovlt_train.rewards import correct_answer
from ovlt_train.settings import PAPER_GRPO, make_config


def prepare_grpo(recipe: GrpoRecipe, *, gpus: int) -> tuple[GRPOConfig, Version, Version | None, Any]:
    """Raises UsageError and StopError for all that can be told before the model is loaded.

    Returns TRL's configuration, the rows, those held out, and the model's processor.
    """
    batches = count_completions(recipe.batch, gpus=gpus)
    refuse_without_gpu(recipe, gpus=gpus, there=count_local_gpus(recipe))
    config = make_config(GRPOConfig, recipe, batches, paper=PAPER_GRPO | _pace(recipe), output=output_of(recipe))
    _refuse_saves_within_a_rollout(config, recipe)
    version = open_version(recipe.dataset, kind="grpo", tag=recipe.tag)
    held_out = open_version(recipe.held_out, kind="grpo") if recipe.held_out else None
    processor = load_processor(recipe)
    processor.tokenizer.padding_side = "left"  # as TRL pads prompts: the pictures' places come from the processor
    for asked in filter(None, (version, held_out)):
        refuse_mixed_pictures(asked)
        refuse_markers(asked, markers(processor))
    refuse_other_prompt(recipe, version)
    there = free_memory(recipe, gpus=gpus) * (1 - _vllm_share(config))
    refuse_too_large(recipe, there=there, references=_references(recipe, config))
    refuse_absent_vllm(config)
    return config, version, held_out, processor


def train_grpo(recipe: GrpoRecipe) -> None:
    """Train, or go on training."""
    output = output_of(recipe)
    config, version, held_out, processor = prepare_grpo(recipe, gpus=count_gpus())
    if not begin(recipe, output):
        return
    checkpoint = last_checkpoint(output)
    config.eval_on_start = config.eval_on_start and checkpoint is None
    set_seed(recipe.seed)  # before an adapter draws its weights
    announce(config, version, checkpoint)
    with told_of_vllm(config):
        trainer = GRPOTrainer(
            model=recipe.model,
            reward_funcs=correct_answer,
            args=config,
            train_dataset=version.rows,
            eval_dataset=held_out.rows if held_out else None,
            processing_class=processor,
            peft_config=make_lora(recipe),
            callbacks=[SkipDrawnOrders()],
        )
        if recipe.freeze_vision:
            freeze_vision(trainer.model)
        if checkpoint and recipe.lora is None:
            restore_weights(trainer.model, checkpoint)
        trainer.train(resume_from_checkpoint=checkpoint)
    finish(trainer, "grpo", recipe, version)


def _references(recipe: GrpoRecipe, config: GRPOConfig) -> int:
    """TRL keeps the model where training began for the KL term; under an adapter that is the base itself."""
    return 1 if config.beta and recipe.lora is None else 0


def _vllm_share(config: GRPOConfig) -> float:
    return config.vllm_gpu_memory_utilization if config.use_vllm and config.vllm_mode == "colocate" else 0.0


def _pace(recipe: GrpoRecipe) -> dict[str, object]:
    """Checkpoints every tenth rollout, and with each of them held-out accuracy: one reply to a question."""
    steps = 10 * updates_per_rollout(recipe.batch)
    if recipe.held_out is None:
        return {"save_steps": steps}
    return {
        "save_steps": steps,
        "eval_steps": steps,
        "eval_strategy": "steps",
        "eval_on_start": True,
        "num_generations_eval": 1,
    }


def _refuse_saves_within_a_rollout(config: GRPOConfig, recipe: GrpoRecipe) -> None:
    """A rollout lives in memory: a checkpoint in its middle would be taken up with other replies."""
    updates = updates_per_rollout(recipe.batch)
    if config.save_steps % updates:
        raise UsageError(
            f"trl.save_steps: is {config.save_steps:g}, but a rollout is {updates} updates, and from inside one "
            f"nothing can be resumed exactly; expected a multiple of {updates}"
        )
