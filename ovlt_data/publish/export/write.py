"""A version written for a trainer: Parquet by split, the reward, and the lines of configuration that go with them.

Every row is converted and checked before the first is written, and the folder appears whole.
"""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from ovlt_data.errors import UsageError
from ovlt_data.publish.export.formats import FORMATS, MARK, Form, Record
from ovlt_data.publish.export.snippets import write_snippets
from ovlt_data.publish.parent import Parent, read_split
from ovlt_data.publish.rows import Row

REWARDS = Path(__file__).parent / "rewards"
ROWS_PER_GROUP = 64


class Exported(Struct, frozen=True):
    folder: Path
    rows: int
    files: tuple[str, ...]


def export_version(version: Parent, trainer: str, out: Path, *, max_pixels: int) -> Exported:
    """Write for one of FORMATS into `out`, which must not be there yet. Raises UsageError for what does not fit."""
    form = find_form(version, trainer)
    if out.exists():
        raise UsageError(f"{out}: is there already; expected a folder to be made, or remove it first")
    for split in version.splits:
        for row in read_split(version, split, with_pictures=False):
            _check(row, form, trainer)
    place = out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    rows = sum(_write_split(version, split, form, place) for split in version.splits)
    if form.reward:
        shutil.copyfile(REWARDS / f"{form.reward}.py", place / "reward.py")
    write_snippets(place, trainer, version.manifest, max_pixels=max_pixels)
    place.rename(out)
    return Exported(out, rows, tuple(sorted(path.name for path in out.iterdir())))


def find_form(version: Parent, trainer: str) -> Form:
    forms, kind = FORMATS[trainer], version.manifest.kind
    if kind not in forms:
        others = ", ".join(name for name, known in FORMATS.items() if kind in known)
        raise UsageError(f"{version.folder}: is of kind {kind}, which {trainer} can't train; expected: {others}")
    return forms[kind]


def _check(row: Row, form: Form, trainer: str) -> None:
    """One turn of each role, as many marks as pictures, and a gold."""
    found = form.said(form.convert(row)).count(MARK)
    if found != (len(row.images) if form.marks else 0):
        raise UsageError(
            f"row {row.values['id']}: {trainer} would see {found} {MARK} for {len(row.images)} pictures, since the "
            "question holds such a mark itself; take it out at the source and build again"
        )
    roles = [message["role"] for message in [*row.values["prompt"], *row.values.get("completion", [])]]
    if roles not in (["user"], ["user", "assistant"]):
        raise UsageError(f"row {row.values['id']}: has the roles {', '.join(roles)}; expected user, then assistant")
    if not (row.values["answer"] or row.values["answers"]):
        raise UsageError(f"row {row.values['id']}: has no answer; expected one for the reward")


def _write_split(version: Parent, split: str, form: Form, place: Path) -> int:
    rows = 0
    with pq.ParquetWriter(place / f"{split}.parquet", form.schema, compression="zstd") as writer:
        group: list[Record] = []
        for row in read_split(version, split):
            group.append(form.convert(row))
            if len(group) == ROWS_PER_GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema=form.schema))
                rows, group = rows + len(group), []
        if group:
            writer.write_table(pa.Table.from_pylist(group, schema=form.schema))
    return rows + len(group)
