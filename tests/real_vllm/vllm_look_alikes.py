"""Small folders of our own making in the layouts of Geometry3K and TabMWP, each with rows that can't all be kept."""

import json
from pathlib import Path
from typing import Any

from vllm_runs import draw

COLOURS = ("red", "green", "blue", "orange", "purple", "grey")


def write_geometry3k(folder: Path) -> dict[str, Any]:
    """Six triangles; the figure of one is torn and one has no answer."""
    for number, colour in enumerate(COLOURS):
        problem = folder / "train" / str(number)
        draw(problem / "img_diagram.png", colour=colour)
        row = {
            "problem_text": f"In the triangle, A B = {number + 3} and B C = {number + 4}. Find A B + B C.",
            "choices": [str(2 * number + extra) for extra in (7, 8, 9, 10)],
            "answer": "" if number == 4 else "A",
        }
        (problem / "data.json").write_text(json.dumps(row))
    torn = folder / "train" / "5" / "img_diagram.png"
    torn.write_bytes(torn.read_bytes()[:40])
    return {"source": "geometry3k", "path": str(folder)}


def write_tabmwp(folder: Path) -> dict[str, Any]:
    """Six tables, two of them with choices; the picture of one is missing."""
    rows: dict[str, Any] = {}
    for number, colour in enumerate(COLOURS):
        draw(folder / "tables" / f"{number}.png", colour=colour)
        row = {"question": f"Mia sold {number + 2} pens and {number + 5} cups. How many things did she sell?"}
        rows[str(number)] = row | {"answer": f"{2 * number + 7}", "ans_type": "integer_number", "choices": None}
    rows["4"] = {"question": "What did Mia sell fewest of?", "answer": "pens", "choices": ["pens", "cups"]}
    rows["5"] = {"question": "Is this a table?", "answer": "yes", "choices": ["yes", "no"]}
    (folder / "tables" / "3.png").unlink()
    (folder / "problems_train.json").write_text(json.dumps(rows))
    return {"source": "tabmwp", "path": str(folder)}
