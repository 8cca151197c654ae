"""`ovlt check DATASET`: whether a version still is what it says, and whether a trainer can read it.

Its id is computed anew from its rows, every picture is decoded and hashed, every answer graded again, the roles and
their order looked at, and one row put through a chat template as a trainer would.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import jinja2.sandbox
import pyarrow.parquet as pq

from ovlt_data import images
from ovlt_data.answers import GRADER_VERSION, canonical_answer, grade
from ovlt_data.check.finding import Finding, Level
from ovlt_data.errors import BadImage
from ovlt_data.publish.features import make_features
from ovlt_data.publish.parent import Parent, read_split
from ovlt_data.publish.rows import TRAIN, Embedded, Row, identify

ROLES = {"sft": {"prompt": ["user"], "completion": ["assistant"]}, "grpo": {"prompt": ["user"]}}
PICTURE_MARKERS = ("<image>", "<|image_pad|>", "<|vision_start|>")


def check_dataset(version: Parent, template: Path) -> Iterator[Finding]:
    """`template` is a model's chat template (Jinja)."""
    there = _check_rows_are_there(version)
    yield there
    if there.level == "wrong":
        return
    yield _check_schema(version)
    yield _check_id(version)
    faults = _look_at_rows(version)
    for what, good in GOOD.items():
        n = faults.total_of(what)
        yield Finding("wrong", what, f"{n:,} rows: {faults.first[what]}") if n else Finding("ok", what, good)
    yield _show_row(version, template)


GOOD = {
    "pictures": "all decode, and are the ones that they are named for",
    "roles": "one user turn, then one of the assistant where there is a completion",
    "markers": "no row's words hold a picture's marker",
    "answers": f"the grader ({GRADER_VERSION}) takes every row's own answer for correct",
}


class Faults:
    """Rows with something wrong, by what, and the first of each in words."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def add(self, what: str, row: Row, says: str) -> None:
        self.counts[what] += 1
        self.first.setdefault(what, f"{row.values['id']}: {says}")

    def total_of(self, what: str) -> int:
        return self.counts[what]


def _check_rows_are_there(version: Parent) -> Finding:
    missing = [shard.name for shard in version.shards if not shard.is_file()]
    if missing:
        return Finding("wrong", "files", f"missing: {', '.join(missing)}")
    rows = sum(pq.read_metadata(shard).num_rows for shard in version.shards)
    level: Level = "ok" if rows == version.manifest.rows else "wrong"
    return Finding(level, "files", f"{len(version.shards)} shards, {rows:,} rows of {version.manifest.rows:,}")


def _check_schema(version: Parent) -> Finding:
    wanted = make_features(version.manifest.kind).arrow_schema
    for shard in version.shards:
        found = pq.read_schema(shard)
        other = [name for name in wanted.names if name not in found.names or found.field(name) != wanted.field(name)]
        if other:
            return Finding("wrong", "schema", f"{shard.name}: {', '.join(other)} missing, or of another type")
    return Finding("ok", "schema", f"{len(wanted.names)} columns, each of its type")


def _check_id(version: Parent) -> Finding:
    """The same rows have the same id; one changed character gives another."""
    wanted = version.manifest.version
    found = identify({split: partial(read_split, version, split, with_pictures=False) for split in version.splits})
    if found == wanted:
        return Finding("ok", "version", f"{wanted} is what its rows make")
    return Finding("wrong", "version", f"its rows make {found}, but it is called {wanted}: something was changed")


def _look_at_rows(version: Parent) -> Faults:
    faults = Faults()
    for split in version.splits:
        for row in read_split(version, split):
            _look_at_row(row, version.manifest.kind, faults)
    return faults


def _look_at_row(row: Row, kind: Literal["sft", "grpo"], faults: Faults) -> None:
    for picture in row.images:
        assert isinstance(picture, Embedded), "rows of a version carry their pictures"
        if says := _find_fault(picture):
            faults.add("pictures", row, says)
    for column, roles in ROLES[kind].items():
        if [message["role"] for message in row.values[column]] != roles:
            faults.add("roles", row, f"{column} has other roles than {', '.join(roles)}")
    said = row.values["prompt"][0]["content"]
    if marker := next((mark for mark in PICTURE_MARKERS if mark in said), None):
        faults.add("markers", row, f"its prompt holds {marker}")
    if not row.values.get("judge") and (verdict := _grade(row.values)) != "correct":  # else no rule can decide it
        faults.add("answers", row, f"{row.values['answer']!r} is {verdict}")


def _find_fault(picture: Embedded) -> str | None:
    if hashlib.sha256(picture.data).hexdigest() != picture.sha256:
        return f"picture {picture.name} has other bytes than its name says"
    try:
        images.decode(picture.data, name=picture.name)
    except BadImage as error:
        return str(error)
    return None


def _grade(values: dict[str, Any]) -> str:
    """Of the completion, else of the gold itself: either must pass."""
    choices = tuple(values["choices"])
    gold = canonical_answer(values["answer"], answer_type=values["answer_type"], choices=choices)
    said = values["completion"][0]["content"] if "completion" in values else f"<answer>{gold}</answer>"
    return grade(
        said,
        values["answer"],
        answer_type=values["answer_type"],
        choices=choices,
        unit=values["unit"],
        precision=values["precision"],
        answers=tuple(values["answers"]),
    ).status


def _show_row(version: Parent, template: Path) -> Finding:
    """The first row as a trainer puts it: pictures before the words, then what is to be said."""
    row = next(read_split(version, TRAIN))
    pictures = [{"type": "image"}] * len(row.images)
    asked = {"type": "text", "text": row.values["prompt"][0]["content"]}
    messages = [{"role": "user", "content": [*pictures, asked]}, *row.values.get("completion", [])]
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string(template.read_text("utf-8")).render(messages=messages, add_generation_prompt=False)
    return Finding("ok", "chat template", f"row {row.values['id']} as a trainer reads it:\n{text}")
