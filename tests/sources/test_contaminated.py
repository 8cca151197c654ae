"""What an evaluation asks is refused by its pictures; sentences that whole datasets share are not."""

import json
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.PngImagePlugin
import pytest
from a_run import draw as draw_square
from a_run import make_run

from ovlt_data.connect import read_problems
from ovlt_data.recipe import Recipe
from ovlt_data.types import Problem, Unusable

QUESTION = "How many bars are there?"


def draw(bars: int) -> PIL.Image.Image:
    picture = PIL.Image.new("RGB", (200, 160), "white")
    pen = PIL.ImageDraw.Draw(picture)
    for bar in range(bars):
        pen.rectangle((20 + 40 * bar, 150 - 37 * (bar * 7 % 4 + 1), 45 + 40 * bar, 150), fill="navy")
    return picture


def table(path: Path, *rows: tuple[str, str]) -> Path:
    lines = [{"id": picture, "question": question, "answer": "3", "images": [picture]} for question, picture in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def read(folder: Path, question: str, picture: str) -> Problem | Unusable:
    """The one problem, against a benchmark of one row: QUESTION on bench.png."""
    draw(3).save(folder / "bench.png")
    bench = table(folder / "bench.jsonl", (QUESTION, "bench.png"))
    mine = table(folder / "mine.jsonl", (question, picture))
    (row,) = read_problems(make_recipe(mine, bench), images_folder=folder / "images", limit=None)
    return row


def make_recipe(mine: Path, bench: Path) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "r",
            "models": {"m": {"endpoint": "http://localhost:1/v1", "model": "r", "revision": "1"}},
            "problems": {
                "sources": [{"source": "mine", "format": "table", "path": str(mine)}],
                "decontaminate": [str(bench)],
            },
            "reason": {"model": "m"},
            "build": {"kind": "sft"},
        }
    )


def why(row: Problem | Unusable) -> str:
    assert isinstance(row, Unusable)
    assert row.reason == "contaminated"
    return row.message


def test_the_same_file_under_any_question(tmp_path: Path) -> None:
    draw(3).save(tmp_path / "mine.png")
    assert why(read(tmp_path, "Which bar is highest?", "mine.png")) == (
        "its picture is that of bench bench.png, byte for byte"
    )


def test_the_same_pixels_in_another_file(tmp_path: Path) -> None:
    about = PIL.PngImagePlugin.PngInfo()
    about.add_text("from", "elsewhere")
    draw(3).save(tmp_path / "mine.png", pnginfo=about)
    assert "pixel for pixel" in why(read(tmp_path, "Which bar is highest?", "mine.png"))


def test_a_dataset_version_serves_as_benchmark(tmp_path: Path) -> None:
    version = make_run(tmp_path / "run").build()
    (tmp_path / "mine.png").write_bytes(draw_square("red"))
    mine = table(tmp_path / "mine.jsonl", ("Which bar is highest?", "mine.png"))
    (row,) = read_problems(make_recipe(mine, version.path), images_folder=tmp_path / "images", limit=None)
    assert "byte for byte" in why(row)


@pytest.mark.parametrize("size", [(200, 160), (300, 240)], ids=["saved-anew", "resized"])
def test_a_near_picture_under_the_same_question(tmp_path: Path, size: tuple[int, int]) -> None:
    draw(3).resize(size).save(tmp_path / "mine.jpg", quality=85)
    tail = "\nAnswer the question using a single word or phrase."
    assert "looks the same" in why(read(tmp_path, QUESTION + tail, "mine.jpg"))
    assert isinstance(read(tmp_path, "Which bar is highest?", "mine.jpg"), Problem)


def test_a_template_on_another_picture_is_no_contamination(tmp_path: Path) -> None:
    draw(4).save(tmp_path / "mine.png")
    assert isinstance(read(tmp_path, QUESTION, "mine.png"), Problem)
