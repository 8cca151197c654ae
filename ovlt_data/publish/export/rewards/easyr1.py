"""The reward of this export for EasyR1: ovlt's grader, 1 for a correct answer, 0 for others (pip install ovlt)."""

from typing import Any

from ovlt_data.answers.pack import grade_packed


def compute_score(reward_inputs: list[dict[str, Any]]) -> list[dict[str, float]]:
    """One score for each reply; `ground_truth` is the export's packed gold."""
    return [_score(one["response"], one["ground_truth"]) for one in reward_inputs]


def _score(response: str, ground_truth: str) -> dict[str, float]:
    correct = float(grade_packed(response, ground_truth).status == "correct")
    return {"overall": correct, "accuracy": correct}
