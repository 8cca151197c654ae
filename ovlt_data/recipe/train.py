"""What a recipe of training says: model, dataset version, batches as the paper counts them, and TRL's own fields.

Under `trl` stand TRL's field names as TRL documents them. What they would say twice is refused: batches are said in
prompts, once, and turned into TRL's completions for the number of GPUs at hand.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.model import ImageLimits
from ovlt_data.recipe.section import LocalPath, MadePath, Section, Word

Positive = Annotated[int, Field(ge=1)]

OURS = frozenset(
    {
        "output_dir",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "generation_batch_size",
        "steps_per_generation",
        "num_generations",
        "resume_from_checkpoint",
        "max_length",
        "bf16",
        "fp16",
        "seed",
    }
)
"""TRL's fields that follow from keys of the recipe."""


class SftBatch(Section):
    """How many rows an update learns from."""

    update: Positive = 32
    """Rows of one optimizer step, over all GPUs (the paper's global batch, Table 7)."""
    per_gpu: Positive = 1
    """Rows that one GPU holds at once; the rest is accumulated."""


class GrpoBatch(Section):
    """How many prompts are answered, and how many of them an update learns from."""

    rollout: Positive = 512
    """Prompts answered before the weights change (the paper's rollout batch, Table 8)."""
    update: Positive = 128
    """Prompts of one optimizer step, over all GPUs (the paper's global batch, Table 8)."""
    completions: Annotated[int, Field(ge=2)] = 5
    """Replies to one prompt, which are compared with each other. Not in the paper's table; 5 in its code."""
    per_gpu: Positive | None = None
    """Completions that one GPU holds at once; left out: those of one prompt."""


class TrainRecipe(RecipeFile):
    """What both methods of training have in common."""

    seed: int = 0
    """Of the order of rows, of dropout and of sampling."""
    model: MadePath
    """What is trained: a folder, or a Hub id."""
    revision: Word | None = None
    """Hub commit of the model."""
    dataset: MadePath
    """A dataset version: its folder, or the Hub dataset that it was pushed to."""
    tag: Word | None = None
    """Tag or commit of a Hub dataset."""
    output: LocalPath | None = None
    """Folder of the checkpoints; left out: runs/NAME in the working directory."""
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    """Of weights and arithmetic."""
    images: ImageLimits = ImageLimits(max_pixels=262144)
    """Size of pictures as the model gets them; 262144 pixels in the paper's SFT (Table 7)."""
    freeze_vision: bool = False
    """Train the language model alone."""
    lora: dict[str, Any] | None = None
    """Train an adapter: peft's LoraConfig fields; what is saved at the end is merged. Left out: all weights."""
    other_prompt: bool = False
    """Train although the dataset asks in other words than the model was trained with."""
    trl: dict[str, Any] = {}
    """TRL's own fields, such as learning_rate; ours beside them are the paper's."""

    @field_validator("trl")
    @classmethod
    def _says_nothing_twice(cls, fields: dict[str, Any]) -> dict[str, Any]:
        twice = sorted(OURS.intersection(fields))
        if twice:
            raise ValueError(
                f"holds {', '.join(twice)}; expected as `batch`, `output`, `dtype` or `seed` of the recipe"
            )
        return fields


class SftRecipe(TrainRecipe):
    """Supervised fine-tuning on a dataset version of kind sft."""

    model_config = ConfigDict(title="ovlt train sft recipe")

    batch: SftBatch = SftBatch()
    """Batches, in rows."""


class GrpoRecipe(TrainRecipe):
    """GRPO with the grader's verdict as reward, on a dataset version of kind grpo."""

    model_config = ConfigDict(title="ovlt train grpo recipe")

    batch: GrpoBatch = GrpoBatch()
    """Batches, in prompts."""
    held_out: MadePath | None = None
    """A dataset version of kind grpo that accuracy is measured on while training."""

    @field_validator("batch")
    @classmethod
    def _rollout_is_whole_updates(cls, batch: GrpoBatch) -> GrpoBatch:
        if batch.rollout % batch.update:
            raise ValueError(
                f"has rollout {batch.rollout}, no multiple of update {batch.update}; expected whole updates"
            )
        return batch

    @field_validator("held_out")
    @classmethod
    def _is_another(cls, held_out: str | None, info: ValidationInfo) -> str | None:
        if held_out is not None and held_out == info.data.get("dataset"):
            raise ValueError("is the dataset that is trained on; expected another")
        return held_out
