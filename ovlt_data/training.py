"""`ovlt train`: training runs as a process of its own, one to a GPU, so that ovlt itself never imports torch."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NoReturn

from ovlt_data.errors import EnvironmentStop
from ovlt_data.recipe import find_recipe, load
from ovlt_data.recipe.train import GrpoRecipe, SftRecipe

NEEDED = ("torch", "transformers", "trl", "accelerate", "peft", "matplotlib")


def train(method: Literal["sft", "grpo"], recipe: Path, overrides: Sequence[str], *, gpus: int) -> NoReturn:
    """Become the training; its exit status is ours. Raises UsageError for a wrong recipe, before torch is imported."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise EnvironmentStop(f"training needs {', '.join(missing)}: pip install 'ovlt[train]'")
    path = find_recipe(str(recipe))
    load(SftRecipe if method == "sft" else GrpoRecipe, path, overrides)
    command = training_command(method, path, overrides, gpus=gpus)
    sys.stdout.flush()
    os.execv(command[0], command)


def training_command(method: Literal["sft", "grpo"], recipe: Path, overrides: Sequence[str], *, gpus: int) -> list[str]:
    """One process, or one for each GPU by accelerate, with the weights and the optimizer's state shared out (FSDP2)."""
    launch = ["-m", "accelerate.commands.launch", "--config_file", str(_accelerate_config()), "--num_processes"]
    start = [*launch, str(gpus)] if gpus > 1 else []
    settings = [word for override in overrides for word in ("--set", override)]
    return [sys.executable, *start, "-m", "ovlt_train", method, str(recipe), *settings]


def _accelerate_config() -> Path:
    spec = importlib.util.find_spec("ovlt_train")
    assert spec is not None, "ovlt_train is installed with ovlt_data"
    assert spec.origin is not None, "ovlt_train is a package"
    return Path(spec.origin).parent / "fsdp2.yaml"
