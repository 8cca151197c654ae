"""A recipe as others need it: filled in for a run's folder, as a hash for its manifest, as a schema for editors."""

import hashlib
import json
from functools import cache
from typing import Any

from ovlt_data.recipe import yaml
from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.schema import Recipe

HASH_VERSION = 1
HASH_LEAVES_OUT: dict[str, Any] = {
    "name": True,  # of a folder
    "store": True,  # where replies are kept
    "stop": {"grace", "max_failed", "first_alike"},  # when a run gives up; `min_samples` decides about rows
    "budget": True,  # how much of it is made at a time
    "models": {
        "__all__": {
            "endpoint",  # where a model is, not who
            "api_key_env",
            "price",
            "limits",  # how hard it is asked
            "reasoning",  # what is reported of it
        }
    },
}
"""What changes no row of the dataset."""


def resolved_yaml(recipe: RecipeFile) -> str:
    """With every default, absolute paths, no comments: the same recipe from any folder, and no secret in it."""
    return yaml.dump(recipe.model_dump(by_alias=True, exclude_none=True))


def recipe_hash(recipe: Recipe) -> str:
    """Hex digest over what makes the data; prompts and sources have hashes of their own."""
    content = recipe.model_dump(by_alias=True, exclude=HASH_LEAVES_OUT)
    canonical = json.dumps([HASH_VERSION, content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@cache
def json_schema(kind: type[RecipeFile] = Recipe) -> dict[str, Any]:
    """What editors complete and check by."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **kind.model_json_schema()}
