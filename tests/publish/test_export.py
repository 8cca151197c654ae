"""Each trainer's columns, as its own sources say that it reads them."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
import yaml
from a_run import TEXT_PROBLEM, make_run
from datasets import load_dataset
from jsonschema import Draft202012Validator

from ovlt_data.errors import UsageError
from ovlt_data.publish.export import FORMATS, export_version
from ovlt_data.publish.parent import Parent, open_parent

TEXT = {"type": "string"}
MESSAGE = {"type": "object", "required": ["role", "content"], "properties": {"role": TEXT, "content": TEXT}}
PICTURES = {"type": "array", "items": {"type": "object", "required": ["bytes", "path"]}}
CHAT = {"type": "array", "items": MESSAGE, "minItems": 1}
WANTED: dict[tuple[str, str], dict[str, Any]] = {
    ("trl", "sft"): {"images": PICTURES, "prompt": CHAT, "completion": CHAT},
    ("trl", "grpo"): {"images": PICTURES, "prompt": CHAT, "answer": TEXT, "answer_type": TEXT},
    ("llamafactory", "sft"): {"messages": CHAT, "images": PICTURES},
    ("easyr1", "grpo"): {"problem": TEXT, "answer": TEXT, "images": PICTURES},
    ("verl", "sft"): {"messages": CHAT, "images": PICTURES},
    ("verl", "grpo"): {
        "data_source": TEXT,
        "prompt": CHAT,
        "images": PICTURES,
        "ability": TEXT,
        "reward_model": {"type": "object", "properties": {"style": {"const": "rule"}, "ground_truth": TEXT}},
        "extra_info": {"type": "object", "required": ["index"]},
    },
    ("ms-swift", "sft"): {"messages": CHAT, "images": PICTURES},
    ("ms-swift", "grpo"): {"messages": CHAT, "images": PICTURES, "solution": TEXT},
}
"""Columns that each trainer looks for."""
EACH = [(trainer, kind) for trainer, kinds in FORMATS.items() for kind in kinds]


def build(folder: Path, kind: str) -> Parent:
    return open_parent(make_run(folder, kind=kind).build().path)


def export(folder: Path, trainer: str, kind: str) -> Path:
    return export_version(build(folder, kind), trainer, folder / "out", max_pixels=1000).folder


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(folder / "train.parquet").to_dicts()


def asked(row: dict[str, Any]) -> str:
    return row["problem"] if "problem" in row else (row.get("messages") or row["prompt"])[0]["content"]


@pytest.mark.parametrize(("trainer", "kind"), EACH, ids=map("-".join, EACH))
def test_rows_have_the_columns_that_the_trainer_reads(tmp_path: Path, trainer: str, kind: str) -> None:
    wanted = WANTED[trainer, kind]
    schema = Draft202012Validator({"type": "object", "required": list(wanted), "properties": wanted})
    rows = rows_of(export(tmp_path, trainer, kind))
    assert len(rows) == (8 if kind == "sft" else 4)
    for row in rows:
        plain = json.loads(json.dumps(row, default=lambda data: data.hex()))
        assert not list(schema.iter_errors(plain))


@pytest.mark.parametrize(("trainer", "kind"), EACH, ids=map("-".join, EACH))
def test_marks_are_as_many_as_pictures_and_none_for_trl(tmp_path: Path, trainer: str, kind: str) -> None:
    for row in rows_of(export(tmp_path, trainer, kind)):
        assert asked(row).count("<image>") == (0 if trainer == "trl" else len(row["images"]))
        assert bool(row["images"]) is (TEXT_PROBLEM not in row["id"])


def test_a_question_that_holds_a_mark_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    run = make_run(tmp_path, kind="grpo")
    run.problems = run.problems.with_columns(question=pl.lit("What is <image>?"))
    with pytest.raises(UsageError, match="would see 2 <image> for 1 pictures"):
        export_version(open_parent(run.build().path), "verl", tmp_path / "out", max_pixels=1000)
    assert not (tmp_path / "out").exists()


def test_a_kind_that_the_trainer_does_not_know_is_told_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected: trl, easyr1, verl, ms-swift"):
        export(tmp_path, "llamafactory", "grpo")


def open_reward(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("reward", folder / "reward.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_easyr1_is_paid_by_our_grader(tmp_path: Path) -> None:
    folder = export(tmp_path, "easyr1", "grpo")
    row = next(row for row in rows_of(folder) if row["id"] == "p2")
    replies = [f"<answer>{said}</answer>" for said in ("B", "green", "C")]
    inputs = [{"response": reply, "response_length": 3, "ground_truth": row["answer"]} for reply in replies]
    assert [score["overall"] for score in open_reward(folder).compute_score(inputs)] == [1.0, 1.0, 0.0]


def test_verl_is_paid_by_our_grader(tmp_path: Path) -> None:
    folder = export(tmp_path, "verl", "grpo")
    row = next(row for row in rows_of(folder) if row["id"] == "p2")
    pay, gold = open_reward(folder).compute_score, row["reward_model"]["ground_truth"]
    assert [pay("ovlt", f"<answer>{said}</answer>", gold, extra_info=None) for said in ("green", "red")] == [1.0, 0.0]


def test_a_gold_that_is_not_packed_is_an_error_and_no_zero(tmp_path: Path) -> None:
    folder = export(tmp_path, "verl", "grpo")
    with pytest.raises(ValueError, match="no gold that `ovlt export` packed"):
        open_reward(folder).compute_score("ovlt", "B", "B")


def test_swift_is_paid_by_our_grader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = ModuleType("swift.plugin")
    plugin.ORM, plugin.orms = type("ORM", (), {}), {}  # pyright: ignore[reportAttributeAccessIssue] (not installed)
    monkeypatch.setitem(__import__("sys").modules, "swift.plugin", plugin)
    folder = export(tmp_path, "ms-swift", "grpo")
    row = next(row for row in rows_of(folder) if row["id"] == "p2")
    open_reward(folder)
    reward = plugin.orms["ovlt"]()  # pyright: ignore[reportAttributeAccessIssue] (set by the reward)
    assert reward(["<answer>green</answer>", "no"], solution=[row["solution"]] * 2) == [1.0, 0.0]


def test_llamafactory_is_told_of_every_split(tmp_path: Path) -> None:
    folder = export(tmp_path, "llamafactory", "sft")
    (entry,) = json.loads((folder / "dataset_info.json").read_text()).values()
    assert (folder / entry["file_name"]).exists()
    assert entry["columns"] == {"messages": "messages", "images": "images"}
    assert yaml.safe_load((folder / "llamafactory.yaml").read_text())["image_max_pixels"] == 1000


@pytest.mark.parametrize(("trainer", "kind"), EACH, ids=map("-".join, EACH))
def test_the_pixel_cap_stands_in_the_configuration(tmp_path: Path, trainer: str, kind: str) -> None:
    folder = export(tmp_path, trainer, kind)
    if (trainer, kind) == ("verl", "sft"):
        return
    texts = [path.read_text() for path in folder.iterdir() if path.suffix in {".yaml", ".sh"}]
    assert any(re.search(r"(?i)max_pixels[=:] ?1000", text) for text in texts)


def test_trl_opens_its_export_as_the_version(tmp_path: Path) -> None:
    version = build(tmp_path, "sft")
    folder = export_version(version, "trl", tmp_path / "out", max_pixels=1000).folder
    mine = load_dataset("parquet", data_files=str(folder / "train.parquet"), split="train")
    whole = load_dataset(str(version.folder), split="train")
    assert mine["completion"] == whole["completion"]
    assert mine[0]["images"][0].tobytes() == whole[0]["images"][0].tobytes()
