"""python -m ovlt_train sft|grpo RECIPE [--set KEY=VALUE …]: one process of a training; `ovlt train` starts it."""

import argparse
import sys
from pathlib import Path

from ovlt_data.errors import OvltError, UsageError
from ovlt_data.recipe import find_recipe, load
from ovlt_data.recipe.train import GrpoRecipe, SftRecipe


def main() -> int:
    parser = argparse.ArgumentParser(prog="ovlt train", description=__doc__)
    parser.add_argument("method", choices=("sft", "grpo"))
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    try:
        _train(arguments.method, find_recipe(str(arguments.recipe)), arguments.overrides)
    except OvltError as error:
        print(f"ovlt: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 3
    return 0


def _train(method: str, path: Path, overrides: list[str]) -> None:
    """Recipes are checked first: torch and TRL take seconds to import."""
    if method == "sft":
        recipe = load(SftRecipe, path, overrides)
        from ovlt_train.sft import train_sft

        train_sft(recipe)
    else:
        recipe = load(GrpoRecipe, path, overrides)
        from ovlt_train.grpo import train_grpo

        train_grpo(recipe)


if __name__ == "__main__":
    sys.exit(main())
