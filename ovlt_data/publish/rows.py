"""Rows of a dataset version, made from what curation kept. Pictures are still by reference, and so is the version's id.

The id is a hash of the rows alone: what a machine, a date or a shard's size has to say stands outside.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import polars as pl
from msgspec import Struct

from ovlt_data.publish.compose import compose_completion
from ovlt_data.publish.features import PROBE_RATES, SCHEMA_VERSION, TO_KNOW, list_further
from ovlt_data.publish.provenance import Provenance
from ovlt_data.types import Image

_DERIVED = frozenset({"pass_rate"}) | PROBE_RATES
"""Follow from the counts, and no float is to have a say in an id."""


TRAIN = "train"


class Embedded(Struct, frozen=True):
    """A picture as it stands in a version."""

    name: str
    """Its sha256, with the suffix of the source's file."""
    data: bytes

    @property
    def sha256(self) -> str:
        return self.name.partition(".")[0]


class Row(Struct, frozen=True, kw_only=True):
    values: dict[str, Any]
    """All columns but `images`."""
    images: tuple[Image | Embedded, ...]


Splits = Mapping[str, Callable[[], Iterator[Row]]]
"""Rows by split, made anew for each time that they are gone through."""


def make_rows(
    kept: pl.DataFrame,
    problems: pl.DataFrame,
    captions: pl.DataFrame,
    *,
    answer: Literal["gold", "model"],
    provenance: Provenance,
) -> Iterator[Row]:
    """One row for each of `kept`, in its order; samples have a completion, problems have none."""
    table = (
        kept.drop("answer_type")
        .join(problems.drop("source"), left_on="problem_id", right_on="id", maintain_order="left")
        .join(captions.select("problem_id", caption="text"), on="problem_id", how="left", maintain_order="left")
    )
    for found in table.iter_rows(named=True):
        row = _make_problem_row(found, provenance)
        yield _add_completion(row, found, answer, provenance.teachers) if "slot" in found else row


def split_rows(kept: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What is trained on, then what is held back, where a mixture holds some back."""
    if "split" not in kept.columns:
        return {TRAIN: kept}
    parts = {str(split): rows.drop("split") for (split,), rows in kept.partition_by("split", as_dict=True).items()}
    return dict(sorted(parts.items()))


def identify(splits: Splits) -> str:
    """The version's id: 12 hex digits of the hash over its rows, by split, and the version of their schema."""
    digest = hashlib.sha256(f"{SCHEMA_VERSION}\n".encode())
    for split, make in splits.items():
        mark = b"" if split == TRAIN else f"{split} ".encode()
        for row in make():
            digest.update(mark + _canonical(row) + b"\n")
    return digest.hexdigest()[:12]


def _make_problem_row(found: dict[str, Any], provenance: Provenance) -> Row:
    asked = found.get("asked") or found["question"]  # `strip_tails` may have shortened it
    said = provenance.prompts["train"].render(question=asked, choices=found["choices"])
    values = {column: found[column] for column in [*TO_KNOW, *list_further(found)] if column in found}
    values |= {
        "prompt": [{"role": "user", "content": said}],
        "id": found["problem_id"],
        "pass_rate_model": provenance.models.get("reason") if provenance.rated else None,
        "models": provenance.models_by_role(),
        "prompt_hashes": provenance.prompt_hashes(),
        "parents": list(provenance.parents),
    }
    if found["method"] == "judge" if "slot" in found else found["n_judged"]:
        values |= provenance.judge_columns()
    return Row(values=values, images=tuple(map(Image, found["image_paths"], found["image_sha256"])))


def _add_completion(
    row: Row, found: dict[str, Any], answer: Literal["gold", "model"], teachers: Mapping[str, str]
) -> Row:
    words = found["answer"] if answer == "gold" else found["extracted"]
    completion = compose_completion(found["reasoning"], found["content"], answer=words)
    teacher = teachers.get(found["model"], row.values["models"]["reason"])
    values = {
        "id": f"{found['problem_id']}/{found['slot']}",
        "models": row.values["models"] | {"reason": teacher},
        "completion": [{"role": "assistant", "content": completion}],
    }
    return Row(values=row.values | values, images=row.images)


def _canonical(row: Row) -> bytes:
    """Null is left out, so that a row has one form before it is written and when it is read again."""
    said = {column: value for column, value in row.values.items() if column not in _DERIVED}
    values = {column: value for column, value in said.items() if value is not None}
    values["images"] = [image.sha256 for image in row.images]
    return json.dumps(values, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
