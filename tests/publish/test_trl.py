"""TRL's own collator takes rows of a version as they are: pictures placed, loss on the completion alone."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from a_run import make_run
from datasets import load_dataset

pytestmark = pytest.mark.skipif(find_spec("trl") is None, reason="needs the train extra: TRL is not tested")


def open_rows(folder: Path, *, kind: str) -> Any:
    version = make_run(folder, kind=kind, steps=[{"select": "first"}] if kind == "sft" else []).build()
    return load_dataset(str(version.path), split="train", cache_dir=str(folder / "cache"))


def collate(rows: list[dict[str, Any]]) -> Any:
    """TRL and torch take seconds to import: not while tests are collected."""
    from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

    from ovlt_data.serve.tiny import make_processor

    processor: Any = make_processor(["Which colour? It looks clear."])
    collator = DataCollatorForVisionLanguageModeling(processor, max_length=None, completion_only_loss=True)
    return processor, collator(rows)


def test_sft_rows_with_and_without_a_picture_make_one_batch(tmp_path: Path) -> None:
    rows = list(open_rows(tmp_path, kind="sft"))
    processor, batch = collate([rows[0], rows[3]])
    pictures = (batch["input_ids"] == processor.image_token_id).any(dim=1)
    assert pictures.tolist() == [True, False]
    assert batch["pixel_values"].isfinite().all()


def test_loss_is_on_the_completion_alone(tmp_path: Path) -> None:
    row = open_rows(tmp_path, kind="sft")[0]
    expected = row["completion"][0]["content"]
    processor, batch = collate([row])
    learnt = processor.tokenizer.decode(batch["labels"][batch["labels"] != -100])
    assert learnt.split("<|im_end|>")[0].strip() == expected


def test_grpo_prompt_takes_its_picture(tmp_path: Path) -> None:
    from trl.data_utils import prepare_multimodal_messages

    row = open_rows(tmp_path, kind="grpo")[0]
    parts = prepare_multimodal_messages(row["prompt"], images=row["images"])[0]["content"]
    assert [part["type"] for part in parts] == ["image", "text"]
