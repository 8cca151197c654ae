"""`python -m ovlt_data.recipe`: write recipes/recipe.schema.json, which editors check recipes by."""

import json

from ovlt_data import lookup
from ovlt_data.recipe.export import json_schema


def main() -> None:
    path = lookup.shipped("recipes") / "recipe.schema.json"
    path.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(path)


if __name__ == "__main__":
    main()
