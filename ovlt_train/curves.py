"""Length of replies and held-out accuracy over the steps of training (the paper's Figures 5 and 6), without a service.

They are read off TRL's own log, which every checkpoint carries, so that a resumed training has them whole.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from msgspec import Struct

CURVES = {
    "loss": "loss",
    "reward": "reward (mean of a rollout)",
    "completions/mean_length": "length of replies (tokens)",
    "eval_rewards/correct_answer/mean": "held-out accuracy (sampled)",
    "eval_completions/mean_length": "held-out length of replies (tokens)",
}
"""Keys of TRL's log, with what they show. A step without a rollout logs none of its figures: a gap, not a zero."""


class Curve(Struct, frozen=True):
    key: str
    steps: Sequence[int]
    values: Sequence[float]


def read_curves(log: Sequence[dict[str, Any]]) -> list[Curve]:
    """Those that a log has any point of."""
    return [curve for key in CURVES if (curve := _read(log, key)).steps]


def write_curves(log: Sequence[dict[str, Any]], folder: Path) -> None:
    """curves.json and curves.png."""
    curves = read_curves(log)
    data = {curve.key: {"steps": list(curve.steps), "values": list(curve.values)} for curve in curves}
    (folder / "curves.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    if curves:
        draw(curves).savefig(folder / "curves.png", dpi=120)


def draw(curves: Sequence[Curve]) -> Figure:
    figure = Figure(figsize=(7, 2.4 * len(curves)), layout="constrained")
    for axes, curve in zip(figure.subplots(len(curves), squeeze=False)[:, 0], curves, strict=True):
        axes.plot(curve.steps, curve.values, marker="." if len(curve.steps) < 60 else "")
        axes.set_title(CURVES[curve.key], fontsize=10, loc="left")
        axes.grid(visible=True, alpha=0.3)
    figure.axes[-1].set_xlabel("optimizer step")
    return figure


def _read(log: Sequence[dict[str, Any]], key: str) -> Curve:
    points = [(entry["step"], float(entry[key])) for entry in log if key in entry]
    return Curve(key, [step for step, _ in points], [value for _, value in points])
