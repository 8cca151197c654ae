"""python -m ovlt_train sft|grpo RECIPE [--gpus N] [--set KEY=VALUE …]: a training; `ovlt train` starts it.

With several GPUs it checks all that can be told beforehand, then becomes accelerate, which starts it again on each.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NoReturn

from ovlt_data.errors import OvltError, UsageError
from ovlt_data.recipe import find_recipe, load
from ovlt_data.recipe.train import GrpoRecipe, SftRecipe

FSDP = Path(__file__).parent / "fsdp2.yaml"


def main() -> int:
    parser = argparse.ArgumentParser(prog="ovlt train", description=__doc__)
    parser.add_argument("method", choices=("sft", "grpo"))
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--gpus", type=int, default=1)
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    try:
        _train(arguments.method, find_recipe(str(arguments.recipe)), arguments.overrides, gpus=arguments.gpus)
    except OvltError as error:
        print(f"ovlt: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 3
    return 0


def launch_command(method: Literal["sft", "grpo"], recipe: Path, overrides: Sequence[str], *, gpus: int) -> list[str]:
    """One process to a GPU, with the weights and the optimizer's state shared out (FSDP2)."""
    settings = [word for override in overrides for word in ("--set", override)]
    launch = ["-m", "accelerate.commands.launch", "--config_file", str(FSDP), "--num_processes", str(gpus)]
    return [sys.executable, *launch, "-m", "ovlt_train", method, str(recipe), *settings]


def _train(method: Literal["sft", "grpo"], path: Path, overrides: Sequence[str], *, gpus: int) -> None:
    """Recipes are checked first: torch and TRL take seconds to import."""
    if method == "sft":
        recipe = load(SftRecipe, path, overrides)
        from ovlt_train.sft import prepare_sft, train_sft

        prepare, train = partial(prepare_sft, recipe), partial(train_sft, recipe)
    else:
        recipe = load(GrpoRecipe, path, overrides)
        from ovlt_train.grpo import prepare_grpo, train_grpo

        prepare, train = partial(prepare_grpo, recipe), partial(train_grpo, recipe)
    if gpus == 1:
        train()
        return
    prepare(gpus=gpus)
    from ovlt_train.resume import begin, output_of

    if begin(recipe, output_of(recipe)):
        _become(launch_command(method, path, overrides, gpus=gpus))


def _become(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main())
