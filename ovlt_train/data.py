"""The rows that are trained on: a dataset version, of the kind that the method needs, with its identity."""

from pathlib import Path
from typing import Literal

import msgspec
from datasets import Dataset, load_dataset
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from msgspec import Struct

from ovlt_data.errors import EnvironmentStop, UsageError

MANIFEST = "ovlt.json"
TO_READ = {"sft": {"images", "prompt", "completion"}, "grpo": {"images", "prompt", "answer", "answer_type"}}


class Prompt(Struct, frozen=True):
    """What the student is asked."""

    name: str
    sha256: str
    text: str


class Manifest(Struct, frozen=True):
    """The part of a version's ovlt.json that training needs."""

    version: str
    kind: Literal["sft", "grpo"]
    prompts: dict[str, Prompt]


class Version(Struct, frozen=True):
    id: str
    rows: Dataset
    prompt: Prompt


def open_version(name: str, *, kind: Literal["sft", "grpo"], tag: str | None = None) -> Version:
    """A version from its folder or the Hub. Raises UsageError for what is no version, or one of the other kind."""
    manifest = _read_manifest(name, tag)
    if manifest.kind != kind:
        raise UsageError(f"{name}: is a version of kind {manifest.kind}; expected {kind}: build.kind in its recipe")
    rows = load_dataset(name, split="train", revision=tag)
    missing = TO_READ[kind] - set(rows.column_names)
    if missing:
        raise UsageError(f"{name}: has no column {', '.join(sorted(missing))}; expected those of an ovlt version")
    return Version(manifest.version, rows, manifest.prompts["train"])


def refuse_mixed_pictures(version: Version) -> None:
    """TRL's GRPO hands a batch to the processor in one piece, which takes no row without pictures beside others."""
    counts = [len(pictures) for pictures in version.rows.select_columns("images").with_format("arrow")["images"]]
    without = counts.count(0)
    if 0 < without < len(counts):
        raise UsageError(
            f"dataset version {version.id}: {len(counts) - without:,} rows with pictures and {without:,} without; "
            "TRL's GRPO can't batch both. Build one version of each, and train on one after the other"
        )


def refuse_markers(version: Version, markers: frozenset[str]) -> None:
    """A picture's place is marked by the chat template alone; a marker in the words would be a second one."""
    for row_id, messages in zip(version.rows["id"], version.rows["prompt"], strict=True):
        found = next((mark for mark in markers for said in messages if mark in said["content"]), None)
        if found:
            raise UsageError(
                f"dataset row {row_id}: its prompt holds the picture's marker {found}, so that markers and pictures "
                "would not match; take it out of the question or of build.prompt, and build again"
            )


def _read_manifest(name: str, tag: str | None) -> Manifest:
    folder = Path(name)
    path = folder / MANIFEST if folder.is_absolute() else _fetch(name, tag)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise UsageError(f"{folder}: no version is here; expected one, such as runs/NAME/dataset") from None
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path}: is no manifest of a dataset version ({error})") from error


def _fetch(name: str, tag: str | None) -> Path:
    try:
        return Path(hf_hub_download(name, MANIFEST, repo_type="dataset", revision=tag))
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise EnvironmentStop(f"{name}: can't get {MANIFEST} from the Hub: {error}") from error
