"""`ovlt train`: training runs as a process of its own, so that ovlt itself never imports torch."""

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
    settings = [word for override in overrides for word in ("--set", override)]
    command = [sys.executable, "-m", "ovlt_train", method, str(path), "--gpus", str(gpus), *settings]
    sys.stdout.flush()
    os.execv(command[0], command)
