"""The card says what to load, and nothing in it breaks out of its place."""

from pathlib import Path

import msgspec
import yaml
from a_run import make_run

from ovlt_data.publish.card import write_card
from ovlt_data.publish.manifest import Manifest


def read_manifest(folder: Path) -> Manifest:
    return msgspec.json.decode((folder / "ovlt.json").read_bytes(), type=Manifest)


def test_front_matter_loads_only_the_shards(tmp_path: Path) -> None:
    card = (make_run(tmp_path).build().path / "README.md").read_text()
    facts = yaml.safe_load(card.split("---\n")[1])
    (config,) = facts["configs"]
    assert config["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]


def test_card_tells_sources_with_licence_funnel_models_prompts_and_recipe(tmp_path: Path) -> None:
    card = (make_run(tmp_path, steps=[{"select": "first"}]).build().path / "README.md").read_text()
    assert "| shapes | 4 | 4 | 4 | Apache-2.0 |" in card
    assert "| select: first | 8 | 4 | 4 | 4 not_selected |" in card
    assert "| reason | reasoner@1 | not stated |" in card
    assert "Describe it." in card
    assert "ovlt added the `<answer>` tag to 0 rows" in card
    assert "name: small" in card


def test_card_says_what_a_mark_means(tmp_path: Path) -> None:
    card = (make_run(tmp_path, steps=[{"mark": {"max_words": 3}}]).build().path / "README.md").read_text()
    assert "| mark: {max_words: 3} | 8 | 8 | 4 | none; 4 marked |" in card
    assert "A column `mark_…` is true where that filter would have dropped the row." in card


def test_hostile_names_stay_in_their_cells(tmp_path: Path) -> None:
    manifest = read_manifest(make_run(tmp_path).build().path)
    source = msgspec.structs.replace(manifest.sources[0], source="a | b\n<script>", licence=None)
    card = write_card(msgspec.structs.replace(manifest, sources=[source]), recipe="x: ```\n# Title")
    assert "| a \\| b &lt;script> | 4 | 4 | 8 | not stated |" in card
    assert "````yaml\nx: ```\n# Title\n````" in card
