"""What a version says of itself, to people and to machines: recipe, charts, card, and last its manifest."""

from pathlib import Path

import polars as pl

from ovlt_data.publish.card import CARD, write_card
from ovlt_data.publish.charts import write_charts
from ovlt_data.publish.manifest import Manifest, write_manifest
from ovlt_data.publish.parent import open_parent
from ovlt_data.review import REVIEWS, SEEN, read_reviews, summarise


def write_account(manifest: Manifest, place: Path, *, recipe: str, kept: pl.DataFrame) -> None:
    """`recipe` is the resolved one; of each row `kept` says `source`, `pass_rate`, and `words` of its trace."""
    (place / "recipe.yaml").write_text(recipe, encoding="utf-8")
    write_charts(kept, place)
    (place / CARD).write_text(write_card(manifest, recipe=recipe), encoding="utf-8")
    write_manifest(manifest, place)


def complete_card(run: Path, version: Path) -> None:
    """Let the card say what people have found since, where they have. It is no part of what the version's id is of."""
    if not (run / REVIEWS).exists():
        return
    lineage = pl.read_parquet(version / "lineage.parquet", columns=SEEN)
    recipe = (version / "recipe.yaml").read_text(encoding="utf-8")
    findings = summarise(lineage, read_reviews(run))
    unfinished = version / f".{CARD}.unfinished"
    unfinished.write_text(write_card(open_parent(version).manifest, recipe=recipe, findings=findings), encoding="utf-8")
    unfinished.replace(version / CARD)
