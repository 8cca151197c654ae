"""What stands beside a trained model, `ovlt_train.json`: from which weights, on which rows, by which settings.

It is written when training ends, so that a folder that has one is whole. The student's prompt goes with the model:
asked in other words, it is another student.
"""

import importlib.metadata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

import ovlt_data
from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.errors import UsageError
from ovlt_data.recipe import resolved_yaml
from ovlt_data.recipe.train import TrainRecipe
from ovlt_train.data import Prompt, Version

RECORD = "ovlt_train.json"
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


class Record(Struct, frozen=True, kw_only=True):
    method: Literal["sft", "grpo"]
    checkpoint: str
    """Hash of the weights beside it."""
    model: str
    """What was trained."""
    parent: str
    """Its identity: the hash of its weights, or its Hub id with the commit."""
    dataset: str
    version: str
    """Of the dataset."""
    prompt: Prompt
    """What the student is asked."""
    recipe: str
    """As resolved, YAML."""
    settings: Mapping[str, Any]
    """TRL's whole configuration."""
    gpus: int
    steps: int
    seconds: float
    ovlt: str = ovlt_data.__version__
    packages: Mapping[str, str]
    finished: str


def write_record(
    folder: Path,
    *,
    method: Literal["sft", "grpo"],
    recipe: TrainRecipe,
    version: Version,
    settings: Mapping[str, Any],
    gpus: int,
    steps: int,
    seconds: float,
) -> Record:
    """Account for the model that stands in `folder`."""
    record = Record(
        method=method,
        checkpoint=checkpoint_hash(folder),
        model=recipe.model,
        parent=identify(recipe),
        dataset=recipe.dataset,
        version=version.id,
        prompt=version.prompt,
        recipe=resolved_yaml(recipe),
        settings=settings,
        gpus=gpus,
        steps=steps,
        seconds=round(seconds, 1),
        packages={name: importlib.metadata.version(name) for name in PACKAGES},
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    text = msgspec.json.format(msgspec.json.encode(record, enc_hook=str), indent=2)
    (folder / RECORD).write_bytes(text + b"\n")
    return record


def read_record(folder: Path) -> Record | None:
    """None where no training of ours has ended."""
    path = folder / RECORD
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.is_file() else None


def identify(recipe: TrainRecipe) -> str:
    folder = Path(recipe.model)
    return checkpoint_hash(folder) if folder.is_dir() else f"{recipe.model}@{recipe.revision or 'main'}"


def refuse_other_prompt(recipe: TrainRecipe, version: Version) -> None:
    """A model that was trained to be asked one way is not to be trained on another without its owner's word."""
    before = read_record(Path(recipe.model))
    if before is None or recipe.other_prompt or before.prompt.sha256 == version.prompt.sha256:
        return
    raise UsageError(
        f"{recipe.dataset}: asks by the prompt `{version.prompt.name}` ({version.prompt.sha256[:12]}), but "
        f"{recipe.model} was trained with `{before.prompt.name}` ({before.prompt.sha256[:12]}); build the dataset with "
        "that one (build.prompt), or say other_prompt: true"
    )
