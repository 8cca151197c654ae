"""A stranger's dataset in the layouts of our readers: each row is a problem or set aside, and nothing of it is run."""

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ovlt_data.errors import BadImage, UsageError
from ovlt_data.images import load, prepare
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Files = Callable[[str, Any, str], dict[str, Any]]

LAYOUTS: dict[str, tuple[str, Files]] = {
    "ai2d": (
        "images/",
        lambda q, a, p: {
            "questions/1.json": {
                "imageName": p,
                "questions": {q: {"answerTexts": [str(a), "other"], "correctAnswer": 0 if a == "3" else a}},
            }
        },
    ),
    "clevr": (
        "images/train/",
        lambda q, a, p: {
            "questions/CLEVR_train_questions.json": {"questions": [{"question": q, "answer": a, "image_filename": p}]}
        },
    ),
    "geos": ("", lambda q, a, p: {"questions.json": [{"text": q, "answer": a, "diagram_url": p}]}),
    "mapqa": ("images/", lambda q, a, p: {"questions/train-QA.json": [{"question": q, "answer": a, "map_id": p}]}),
    "superclevr": (
        "images/",
        lambda q, a, p: {
            "superCLEVR_questions_5.json": {"questions": [{"question": q, "answer": a, "image_filename": p}]}
        },
    ),
    "scienceqa": (
        "images/train/1/",
        lambda q, a, p: {
            "problems.json": {
                "1": {"question": q, "choices": [str(a), "other"], "answer": 0 if a == "3" else a}
                | {"image": p, "split": "train"}
            }
        },
    ),
    "vizwiz": (
        "train/",
        lambda q, a, p: {"Annotations/train.json": [{"question": q, "answers": [{"answer": a}], "image": p}]},
    ),
    "table": ("", lambda q, a, p: {"rows.json": [{"question": q, "answer": a, "images": p}]}),
    "llava": (
        "",
        lambda q, a, p: {
            "rows.json": [{"image": p, "conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]}]
        },
    ),
}


class Stranger:
    """One row in a reader's layout, with a picture of these bytes."""

    def __init__(self, source: str, folder: Path, read: Read) -> None:
        self.source, self.folder, self._read = source, folder, read
        self.pictures, self._files = LAYOUTS[source]

    def write(self, *, question: str = "What is it?", answer: Any = "3", picture: str = "p.png", data: bytes) -> None:
        for name, content in self._files(question, answer, picture).items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(json.dumps(content))
        place = self.folder / self.pictures / "p.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def read(self) -> Problem | Unusable:
        rows = self.folder / "rows.json"
        (row,) = self._read(self.source, path=str(rows if rows.exists() else self.folder))
        return row


@pytest.fixture(params=list(LAYOUTS))
def stranger(request: pytest.FixtureRequest, tmp_path: Path, read: Read) -> Stranger:
    folder = tmp_path / "stranger"
    folder.mkdir()
    return Stranger(request.param, folder, read)


@pytest.fixture
def red(draw: Callable[[str], bytes]) -> bytes:
    return draw("red")


def huge_png() -> bytes:
    """Says that it has 10^9 pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 25_000, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (head, body)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("picture", ["../secret.png", "/etc/passwd", "a/../../../secret.png", "gone.png", "p\0.png"])
def test_no_picture_leads_out(stranger: Stranger, red: bytes, tmp_path: Path, picture: str) -> None:
    (tmp_path / "secret.png").write_bytes(red)
    stranger.write(picture=picture, data=red)
    row = stranger.read()
    assert isinstance(row, Unusable)
    assert (row.reason, row.failed) == ("bad_image", True)


def test_no_link_leads_out(stranger: Stranger, red: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(red)
    stranger.write(data=red)
    place = stranger.folder / stranger.pictures / "p.png"
    place.unlink()
    place.symlink_to(tmp_path / "secret.png")
    row = stranger.read()
    assert isinstance(row, Unusable)
    assert row.reason == "bad_image"


@pytest.mark.parametrize(
    "question",
    ["{{ 7*7 }} {% include 'x' %}", "<script>alert(1)</script>", "a\r\nb\u202e\u0000c", "x" * 10_000_000],
    ids=["template", "html", "control", "10_MB"],
)
def test_a_question_stays_what_it_says(stranger: Stranger, red: bytes, question: str) -> None:
    stranger.write(question=question, data=red)
    row = stranger.read()
    assert isinstance(row, Problem)
    assert row.question == question


@pytest.mark.parametrize("answer", [None, [], {"a": 1}, ""], ids=["null", "list", "object", "empty"])
def test_what_is_no_answer_is_never_a_gold(stranger: Stranger, red: bytes, answer: Any) -> None:
    stranger.write(answer=answer, data=red)
    assert isinstance(stranger.read(), Unusable)


def test_what_is_not_a_number_is_never_a_gold(stranger: Stranger, red: bytes) -> None:
    stranger.write(answer=float("nan"), data=red)
    try:
        row = stranger.read()
    except UsageError:  # NaN is not JSON: most readers refuse the file as a whole
        return
    assert isinstance(row, Unusable)


def test_a_bomb_is_refused_before_it_is_decoded(stranger: Stranger) -> None:
    stranger.write(data=huge_png())
    row = stranger.read()
    assert isinstance(row, Problem)
    with pytest.raises(BadImage, match="expected at most"):
        prepare(load(row.images[0]), name="p.png")


def test_a_byte_order_mark_and_other_line_ends_change_nothing(stranger: Stranger, red: bytes) -> None:
    stranger.write(data=red)
    plain = stranger.read()
    for file in stranger.folder.rglob("*.json"):
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b", ", b",\r\n"))
    assert stranger.read() == plain
