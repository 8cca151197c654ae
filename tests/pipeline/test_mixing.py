"""`ovlt mix` on versions that were built here: rows as they stand, parents named, a version like any other."""

import shutil
from pathlib import Path
from typing import Any

import a_run
import polars as pl
import pytest
import yaml
from datasets import load_dataset

from ovlt_data.errors import NothingBuilt, UsageError
from ovlt_data.mixing import Mixture, mix_curated, mix_versions
from ovlt_data.publish.parent import open_parent
from ovlt_data.recipe import load
from ovlt_data.recipe.mix import Mix, MixRecipe


def build(folder: Path, name: str, *, kind: str = "sft", only: str | None = None, source: str = "shapes") -> Path:
    """A version of the small run, or of one of its problems."""
    run = a_run.make_run(folder / name, kind=kind)
    renamed = "" if source == "shapes" else source
    run.problems = run.problems.with_columns(source=pl.lit(source), id=renamed + pl.col("id"))
    run.samples = run.samples.with_columns(source=pl.lit(source), problem_id=renamed + pl.col("problem_id"))
    run.captions = run.captions.with_columns(problem_id=renamed + pl.col("problem_id"))
    if only:
        run.samples = run.samples.filter(problem_id=renamed + only)
    return run.build().path


def mix(folder: Path, parents: list[Path], **keys: Any) -> Mixture:
    path = folder / "mix.yaml"
    path.write_text(yaml.safe_dump({"name": "mixed", "from": [str(parent) for parent in parents], "mix": keys}))
    return mix_versions(load(MixRecipe, path), out=folder / "runs", name="mixed")


def read(version: Path) -> list[dict[str, Any]]:
    return load_dataset(str(version), split="train").to_list()


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Eight rows of four problems, and two of one more that shares a picture with these."""
    return [build(tmp_path, "one"), build(tmp_path, "two", only="p1", source="others")]


def test_rows_of_several_versions_stand_in_one_with_their_parents(tmp_path: Path, two: list[Path]) -> None:
    mixture = mix(tmp_path, two, per_problem=1, total=3, sources={"shapes": {"count": 2}, "others": {"weight": 1}})
    rows = read(mixture.version.path)
    assert [row["source"] for row in rows] == ["others", "shapes", "shapes"]
    versions = [open_parent(path).manifest.version for path in two]
    assert [row["parents"] for row in rows] == [[versions[1]], [versions[0]], [versions[0]]]
    assert open_parent(mixture.version.path).manifest.parents == versions
    originals = {row["id"]: row for path in two for row in read(path)}
    for row in rows:
        assert {**row, "parents": []} == originals[row["id"]]


def test_every_row_that_was_left_out_has_its_reason_and_every_sample_its_place(tmp_path: Path, two: list[Path]) -> None:
    again = build(tmp_path, "again", only="p1")
    version = mix(tmp_path, [two[0], again], sources={"shapes": {"count": 3}}).version
    rejected = pl.read_parquet(version.path / "rejected.parquet")
    assert dict(rejected["rejected_for"].value_counts().iter_rows()) == {"duplicate": 2, "quota": 5}
    lineage = pl.read_parquet(version.path / "lineage.parquet")
    assert lineage.filter("kept").height == 3
    assert lineage["parent"].n_unique() == 1


def test_the_same_mixture_is_the_same_version_wherever_its_parents_stand(tmp_path: Path, two: list[Path]) -> None:
    first = mix(tmp_path, two).version
    moved = [Path(shutil.copytree(path, tmp_path / f"moved-{path.name}")) for path in two]
    shutil.rmtree(tmp_path / "runs")
    assert mix(tmp_path, moved).version.id == first.id
    assert not mix(tmp_path, moved).version.new


def test_held_back_rows_are_a_split_that_datasets_opens(tmp_path: Path, two: list[Path]) -> None:
    mixture = mix(tmp_path, two[:1], validation={"share": 0.25})
    opened = load_dataset(str(mixture.version.path))
    assert {split: len(rows) for split, rows in opened.items()} == {"train": 6, "validation": 2}
    assert not set(opened["train"]["problem_id"]) & set(opened["validation"]["problem_id"])
    assert "data/validation-*.parquet" in (mixture.version.path / "README.md").read_text()


def test_rows_of_other_versions_can_be_kept_out(tmp_path: Path, two: list[Path]) -> None:
    version = mix(tmp_path, two[:1], exclude=[str(two[1])]).version
    assert version.rows == 6
    with pytest.raises(NothingBuilt, match="all 2 rows were left out"):
        mix(tmp_path, two[1:], exclude=[str(two[0])])


def test_difficulty_is_that_of_the_model_which_is_asked_for(tmp_path: Path, two: list[Path]) -> None:
    assert mix(tmp_path, two[:1], pass_rate={"from": str(two[0]), "min": 0.5, "max": 0.9}).version.rows == 8
    with pytest.raises(NothingBuilt, match="8 pass_rate"):
        mix(tmp_path, two[:1], pass_rate={"max": 0.5})


def test_rows_are_taken_until_their_tokens_are_spent(tmp_path: Path) -> None:
    run = a_run.make_run(tmp_path / "one")
    run.samples = run.samples.with_columns(completion_tokens=pl.lit(10, pl.Int64))
    version = mix(tmp_path, [run.build().path], tokens=45).version
    assert version.rows == 4
    rejected = pl.read_parquet(version.path / "rejected.parquet")["rejected_for"]
    assert rejected.to_list() == ["tokens"] * 4


def test_versions_of_two_kinds_do_not_mix(tmp_path: Path, two: list[Path]) -> None:
    with pytest.raises(UsageError, match=r"is of kind grpo, .* of kind sft"):
        mix(tmp_path, [two[0], build(tmp_path, "policy", kind="grpo")])


def test_a_folder_without_a_version_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no dataset version is here"):
        mix(tmp_path, [tmp_path])


def test_a_run_mixes_what_curation_kept(tmp_path: Path) -> None:
    run = a_run.make_run(tmp_path)
    spec = Mix.model_validate({"total": 4, "per_problem": 1, "validation": {"share": 0.25}})
    mixed = mix_curated(run.curate(), run.problems, run.recipe.model_copy(update={"mix": spec}))
    assert mixed.funnel[-1].reasons == {"per_problem": 4}
    assert mixed.rejected.filter(rejected_at="mix").height == 4
    opened = load_dataset(str(run.build(mixed).path))
    assert {split: len(rows) for split, rows in opened.items()} == {"train": 3, "validation": 1}
