"""What a version says of itself, to people and to machines: recipe, charts, card, and last its manifest."""

from pathlib import Path

import polars as pl

from ovlt_data.publish.card import write_card
from ovlt_data.publish.charts import write_charts
from ovlt_data.publish.manifest import Manifest, write_manifest


def write_account(manifest: Manifest, place: Path, *, recipe: str, kept: pl.DataFrame) -> None:
    """`recipe` is the resolved one; of each row `kept` says `source`, `pass_rate`, and `words` of its trace."""
    (place / "recipe.yaml").write_text(recipe, encoding="utf-8")
    write_charts(kept, place)
    (place / "README.md").write_text(write_card(manifest, recipe=recipe), encoding="utf-8")
    write_manifest(manifest, place)
