"""A version opens with `datasets`, depends on its rows alone, and is there whole or not at all."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import a_run
import polars as pl
import pyarrow.parquet as pq
import pytest
from a_run import COLOURS, draw, make_run
from datasets import Dataset, load_dataset

from ovlt_data.answers import grade
from ovlt_data.errors import EnvironmentStop, NothingBuilt
from ovlt_data.publish.place import Version


def open_version(version: Version, cache: Path) -> Dataset:
    loaded: Any = load_dataset(str(version.path), cache_dir=str(cache))
    assert list(loaded) == ["train"]
    return loaded["train"]


def test_sft_version_opens_as_prompt_completion_and_pictures(tmp_path: Path) -> None:
    version = make_run(tmp_path, steps=[{"select": "first"}]).build()
    rows = open_version(version, tmp_path / "cache")
    assert (len(rows), version.rows, version.new) == (4, 4, True)
    row = rows[0]
    assert row["prompt"] == [{"role": "user", "content": "Which colour? (red) (green) (blue)"}]
    assert row["completion"] == [
        {"role": "assistant", "content": "<think>\nIt looks clear.\n</think>\n\nSo.\n\n<answer>A</answer>"}
    ]
    assert row["images"][0].getpixel((0, 0)) == (255, 0, 0)
    assert rows[3]["images"] == []


def test_every_completion_passes_the_grader_that_let_it_in(tmp_path: Path) -> None:
    for row in open_version(make_run(tmp_path).build(), tmp_path / "cache").to_list():
        said = row["completion"][0]["content"]
        verdict = grade(said, row["answer"], answer_type=row["answer_type"], choices=row["choices"])
        assert verdict.status == "correct"


def test_rows_carry_counts_origins_and_hashes(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=[{"select": "first"}])
    row = open_version(run.build(), tmp_path / "cache")[0]
    assert (row["id"], row["problem_id"], row["response_key"]) == ("p1/0", "p1", "p10")
    assert (row["n_samples"], row["n_correct"], row["n_wrong"], row["n_unscorable"]) == (3, 2, 1, 0)
    assert (row["pass_rate"], row["pass_rate_model"]) == (pytest.approx(2 / 3), "reasoner@1")
    assert row["models"] == {"caption": "captioner@1", "reason": "reasoner@1", "train": None}
    assert row["prompt_hashes"]["train"] == run.provenance.prompts["train"].sha256
    assert (row["caption"], row["choices"], row["precision"]) == ("A red square.", list(COLOURS.values()), None)


def test_grpo_version_has_one_row_per_problem_and_no_completion(tmp_path: Path) -> None:
    rows = open_version(make_run(tmp_path, kind="grpo").build(), tmp_path / "cache")
    assert rows["id"][:] == ["p1", "p2", "p3", "p4"]
    assert "completion" not in rows.column_names
    assert rows[0]["response_key"] is None


def test_no_column_has_a_name_that_trainers_pass_themselves(tmp_path: Path) -> None:
    rows = open_version(make_run(tmp_path, kind="grpo").build(), tmp_path / "cache")
    assert not {"prompts", "completions", "completion_ids", "trainer_state"} & set(rows.column_names)


def test_pictures_keep_their_bytes(tmp_path: Path) -> None:
    version = make_run(tmp_path).build()
    image = pq.read_table(version.path / "data")["images"][0].as_py()[0]
    assert image["bytes"] == draw("red")
    assert str(tmp_path) not in image["path"]


def test_the_models_own_words_stand_in_the_answer_if_asked(tmp_path: Path) -> None:
    version = make_run(tmp_path, answer="model").build()
    assert open_version(version, tmp_path / "cache")[0]["completion"][0]["content"].endswith("<answer>the one</answer>")


def test_marks_become_columns(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=[{"mark": {"max_words": 3}}])
    assert open_version(run.build(), tmp_path / "cache")["mark_max_words"][:2] == [False, True]


def test_version_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a")
    second = make_run(tmp_path / "b")
    second.problems, second.captions = second.problems.reverse(), second.captions.reverse()
    second.samples = second.samples.sample(fraction=1, shuffle=True, seed=5)
    one, other = first.build(), second.build()
    assert one.id == other.id
    assert (one.path / "data").exists()
    assert pl.read_parquet(one.path / "lineage.parquet").equals(pl.read_parquet(other.path / "lineage.parquet"))


def test_the_same_rows_are_built_once(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    first = run.build()
    manifest = (first.path / "ovlt.json").read_bytes()
    second = run.build()
    assert (second.id, second.new) == (first.id, False)
    assert (second.path / "ovlt.json").read_bytes() == manifest


def test_dataset_points_to_the_version_built_last(tmp_path: Path) -> None:
    first = make_run(tmp_path).build()
    second = make_run(tmp_path, steps=[{"select": "first"}]).build()
    assert (tmp_path / "dataset").resolve() == second.path.resolve()
    make_run(tmp_path).build()
    assert (tmp_path / "dataset").resolve() == first.path.resolve()
    assert len(list((tmp_path / "versions").iterdir())) == 2


def test_the_cache_of_datasets_takes_no_version_for_another(tmp_path: Path) -> None:
    def count(run: str) -> int:
        return load_dataset(str(tmp_path / run / "dataset"), split="train", cache_dir=str(tmp_path / "cache")).num_rows

    make_run(tmp_path / "a").build()
    make_run(tmp_path / "b", steps=[{"min_words": 4}]).build()
    assert (count("a"), count("b")) == (8, 4)
    make_run(tmp_path / "a", steps=[{"mark": {"max_words": 1}}, {"select": "first"}]).build()
    assert count("a") == 4


def test_a_picture_that_changed_since_is_an_error_and_leaves_no_version(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    (tmp_path / "pictures/p2.PNG").write_bytes(draw("black"))
    with pytest.raises(EnvironmentStop, match=r"p2\.PNG"):
        run.build()
    assert not [path for path in (tmp_path / "versions").iterdir() if not path.name.startswith(".")]
    assert not (tmp_path / "dataset").exists()


def test_a_build_killed_half_way_leaves_no_version_and_is_done_again(tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(a_run.__file__).parent)!r})
from pathlib import Path
from a_run import make_run
from ovlt_data import images
load = images.load
images.load = lambda image: load(image) if "p1" in image.path else os.kill(os.getpid(), signal.SIGKILL)
make_run(Path({str(tmp_path)!r})).build()
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert not list((tmp_path / "versions").glob("[!.]*"))
    version = make_run(tmp_path).build()
    assert [path.name for path in (tmp_path / "versions").iterdir()] == [version.id]


def test_nothing_left_says_at_which_step_the_rows_went(tmp_path: Path) -> None:
    with pytest.raises(NothingBuilt, match="the last 8 rows went at `min_words: 99`"):
        make_run(tmp_path, steps=[{"min_words": 99}]).build()
    assert not (tmp_path / "versions").exists()


def test_lineage_holds_every_sample_and_what_became_of_it(tmp_path: Path) -> None:
    version = make_run(tmp_path, steps=[{"select": "first"}]).build()
    rows = pl.read_parquet(version.path / "lineage.parquet").filter(problem_id="p1")
    fate = rows.select("slot", "status", "kept", "rejected_at", "rejected_for").rows()
    assert fate == [
        (0, "correct", True, None, None),
        (1, "correct", False, "select: first", "not_selected"),
        (2, "wrong", False, "correct", "differs"),
    ]
    assert rows.select("prompt", "caption", "caption_prompt", "caption_response_key").row(0) == (
        "Given the caption, which?", "A red square.", "Describe it.", "cp1"
    )  # fmt: skip


def test_lineage_of_grpo_follows_the_problem(tmp_path: Path) -> None:
    version = make_run(tmp_path, kind="grpo", steps=[{"min_correct": 1}]).build()
    assert pl.read_parquet(version.path / "lineage.parquet")["kept"].to_list() == [True] * 12


def test_manifest_accounts_for_the_version(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=[{"strip_reflections": "truncate"}])
    version = run.build()
    manifest = json.loads((version.path / "ovlt.json").read_text())
    assert (manifest["version"], manifest["rows"], manifest["problems"]) == (version.id, 8, 4)
    assert [step["step"] for step in manifest["funnel"]] == ["correct", "strip_reflections: truncate"]
    assert manifest["answer_tag_added"] == 4
    assert manifest["sources"] == [{"source": "shapes", "problems": 4, "kept": 4, "rows": 8, "licence": "Apache-2.0"}]
    assert [shard["rows"] for shard in manifest["shards"]] == [8]
    assert manifest["prompts"]["caption"]["text"] == "Describe it."


def test_rejected_rows_keep_step_and_reason(tmp_path: Path) -> None:
    version = make_run(tmp_path).build()
    rejected = pl.read_parquet(version.path / "rejected.parquet")
    assert rejected.select("rejected_at", "rejected_for").unique().rows() == [("correct", "differs")]
