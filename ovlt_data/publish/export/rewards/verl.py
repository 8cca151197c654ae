"""The reward of this export for verl: ovlt's grader, 1 for a correct answer and 0 for any other (pip install ovlt)."""

from ovlt_data.answers.pack import grade_packed


def compute_score(data_source: str, solution_str: str, ground_truth: str, extra_info: object = None) -> float:
    """`ground_truth` is the export's packed gold."""
    return float(grade_packed(solution_str, ground_truth).status == "correct")
