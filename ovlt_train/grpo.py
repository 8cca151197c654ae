"""GRPO, as in the paper's Table 8: TRL's trainer, paid by the one grader: 1 for a correct answer, 0 for any other."""

from transformers import set_seed
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from ovlt_data.errors import UsageError
from ovlt_data.recipe.train import GrpoRecipe
from ovlt_train.batches import count_completions, updates_per_rollout
from ovlt_train.data import open_version, refuse_markers, refuse_mixed_pictures
from ovlt_train.finish import announce, count_gpus, finish
from ovlt_train.model import freeze_vision, load_processor, make_lora, markers, refuse_too_large
from ovlt_train.record import refuse_other_prompt
from ovlt_train.resume import SkipDrawnOrders, begin, last_checkpoint, output_of, restore_weights
from ovlt_train.rewards import correct_answer
from ovlt_train.settings import PAPER_GRPO, make_config


def train_grpo(recipe: GrpoRecipe) -> None:
    """Train, or go on training. Raises UsageError and StopError before anything is loaded."""
    gpus, output = count_gpus(), output_of(recipe)
    batches = count_completions(recipe.batch, gpus=gpus)
    config = make_config(GRPOConfig, recipe, batches, paper=PAPER_GRPO | _pace(recipe), output=output)
    _refuse_saves_within_a_rollout(config, recipe)
    version = open_version(recipe.dataset, kind="grpo", tag=recipe.tag)
    held_out = open_version(recipe.held_out, kind="grpo") if recipe.held_out else None
    refuse_mixed_pictures(version)
    refuse_other_prompt(recipe, version)
    refuse_too_large(recipe, gpus=gpus)
    if not begin(recipe, output):
        return
    processor, checkpoint = load_processor(recipe), last_checkpoint(output)
    config.eval_on_start = config.eval_on_start and checkpoint is None
    set_seed(recipe.seed)  # before an adapter draws its weights
    refuse_markers(version, markers(processor))
    announce(config, version, checkpoint)
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
