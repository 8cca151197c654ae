"""`python -m ovlt_data.recipe`: write recipes/*.schema.json, which editors check recipes by."""

import json

from ovlt_data import lookup
from ovlt_data.recipe.arms import ArmsRecipe
from ovlt_data.recipe.evaluate import EvalRecipe
from ovlt_data.recipe.export import json_schema
from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.loop import LoopRecipe
from ovlt_data.recipe.mix import MixRecipe
from ovlt_data.recipe.schema import Recipe
from ovlt_data.recipe.train import GrpoRecipe, SftRecipe

SCHEMAS: dict[str, type[RecipeFile]] = {
    "recipe": Recipe,
    "eval": EvalRecipe,
    "mix": MixRecipe,
    "arms": ArmsRecipe,
    "train_sft": SftRecipe,
    "train_grpo": GrpoRecipe,
    "loop": LoopRecipe,
}
"""Kinds of recipes by the name of their schema's file."""


def main() -> None:
    for name, kind in SCHEMAS.items():
        path = lookup.shipped("recipes") / f"{name}.schema.json"
        path.write_text(json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n", "utf-8")
        print(path)


if __name__ == "__main__":
    main()
