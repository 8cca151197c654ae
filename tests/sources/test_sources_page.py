"""docs/sources.md: what is tried is what stands there."""

import json
from collections.abc import Callable
from pathlib import Path

from ovlt_data.sources.__main__ import main


def test_the_page_counts_what_was_read_and_rejected(tmp_path: Path, draw: Callable[[str], bytes]) -> None:
    folder = tmp_path / "mathvision"
    (folder / "data").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "images" / "1.jpg").write_bytes(draw("red"))
    rows = [{"id": name, "question": "?", "answer": "7", "image": f"images/{name}.jpg"} for name in ("1", "2")]
    for split in ("test", "testmini"):
        (folder / "data" / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = [line for line in main(tmp_path).splitlines() if line.startswith("| mathvision")]
    assert lines == [
        f"| mathvision | `mathvision` | {split} | 1 | bad_image 1 | auto 1 | 6×4 to 6×4 |"
        for split in ("testmini", "test")
    ]
