"""What a version's id is made of."""

import re
from pathlib import Path

import msgspec
import polars as pl
import pytest
from a_run import make_run

from ovlt_data.publish import rows
from ovlt_data.publish.rows import Row, make_rows
from ovlt_data.types import Image


def rows_of(folder: Path) -> list[Row]:
    run = make_run(folder)
    return list(make_rows(run.curate().rows, run.problems, run.captions, answer="gold", provenance=run.provenance))


def identify(train: list[Row], **others: list[Row]) -> str:
    return rows.identify({split: lambda made=made: iter(made) for split, made in {"train": train, **others}.items()})


def test_an_id_is_twelve_hex_digits(tmp_path: Path) -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", identify(rows_of(tmp_path)))


def test_an_id_knows_pictures_by_their_bytes_and_not_by_their_place(tmp_path: Path) -> None:
    here, there = rows_of(tmp_path / "here"), rows_of(tmp_path / "there")
    assert here[0].images != there[0].images
    assert identify(here) == identify(there)


@pytest.mark.parametrize("images", [(), (Image("x", "0" * 64),)], ids=["none", "another"])
def test_an_id_changes_with_a_picture(tmp_path: Path, images: tuple[Image, ...]) -> None:
    first, *others = rows_of(tmp_path)
    assert identify([msgspec.structs.replace(first, images=images), *others]) != identify([first, *others])


@pytest.mark.parametrize(("column", "value"), [("answer", "C"), ("n_wrong", 9), ("parents", ["x"]), ("caption", None)])
def test_an_id_changes_with_what_a_row_says(tmp_path: Path, column: str, value: object) -> None:
    first, *others = rows_of(tmp_path)
    changed = msgspec.structs.replace(first, values=first.values | {column: value})
    assert identify([changed, *others]) != identify([first, *others])


def test_an_id_changes_with_the_order_of_rows(tmp_path: Path) -> None:
    made = rows_of(tmp_path)
    assert identify(made) != identify(made[::-1])


def test_an_id_knows_what_is_held_back(tmp_path: Path) -> None:
    first, *others = rows_of(tmp_path)
    assert len({identify([first, *others]), identify(others, validation=[first]), identify(others)}) == 3


def test_the_student_is_asked_without_a_stripped_tail(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=[{"strip_tails": "strip"}])
    run.problems = run.problems.with_columns(question=pl.lit("Which colour? Answer with a single word."))
    rows = make_rows(run.curate().rows, run.problems, run.captions, answer="gold", provenance=run.provenance)
    first = next(rows).values
    assert first["prompt"][0]["content"].startswith("Which colour? (")
    assert first["question"] == "Which colour? Answer with a single word."
