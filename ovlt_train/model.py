"""What is trained: its processor with the recipe's pixel cap, and the parts that learn.

No trainer reads a pixel cap, so it is set where it works: in the processor.
"""

import importlib.util
from pathlib import Path
from typing import Any

from peft import LoraConfig
from transformers import AutoConfig, AutoProcessor

from ovlt_data.errors import UsageError
from ovlt_data.recipe.train import TrainRecipe
from ovlt_data.serve.processor import load_processor as load_without_torchvision

VIDEO_TYPES = frozenset({"qwen2_vl", "qwen2_5_vl"})
"""Models whose stock processor wants a video part, which needs torchvision."""


def load_processor(recipe: TrainRecipe) -> Any:
    """The model's own processor, which scales pictures to the recipe's bounds."""
    if Path(recipe.model).is_absolute() and not Path(recipe.model).is_dir():
        raise UsageError(f"{recipe.model}: no such folder; expected a model's, or a Hub id")
    config = AutoConfig.from_pretrained(recipe.model, revision=recipe.revision)
    if config.model_type in VIDEO_TYPES and importlib.util.find_spec("torchvision") is None:
        processor: Any = load_without_torchvision(Path(recipe.model))
    else:
        processor = AutoProcessor.from_pretrained(recipe.model, revision=recipe.revision)
    size, caps = processor.image_processor.size, recipe.images
    size.longest_edge = caps.max_pixels or size.longest_edge  # in pixels, whatever its name says
    size.shortest_edge = caps.min_pixels or min(size.shortest_edge, size.longest_edge)
    return processor


def make_lora(recipe: TrainRecipe) -> LoraConfig | None:
    """Raises UsageError for a field that peft does not know."""
    if recipe.lora is None:
        return None
    try:
        fields: dict[str, Any] = {"task_type": "CAUSAL_LM", "target_modules": "all-linear", **recipe.lora}
        return LoraConfig(**fields)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{recipe.path}: lora: {error}") from error


def freeze_vision(model: Any) -> None:
    """Leave the tower that reads pictures as it is."""
    tower: Any = model.get_encoder(modality="image")
    if tower is model:
        raise UsageError(f"freeze_vision: {type(model).__name__} has no vision tower; expected a model that sees")
    tower.requires_grad_(False)


def markers(processor: Any) -> frozenset[str]:
    """What stands for a picture in the words of a prompt: the model's own token, and what datasets often write."""
    return frozenset({"<image>", processor.image_token})
