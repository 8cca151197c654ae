"""What a version says of itself, to people and to machines: recipe, card, and last its manifest."""

from pathlib import Path

from ovlt_data.publish.card import write_card
from ovlt_data.publish.manifest import Manifest, write_manifest


def write_account(manifest: Manifest, place: Path, *, recipe: str) -> None:
    """`recipe` is the resolved one."""
    (place / "recipe.yaml").write_text(recipe, encoding="utf-8")
    (place / "README.md").write_text(write_card(manifest, recipe=recipe), encoding="utf-8")
    write_manifest(manifest, place)
