"""Other graders beside ours, in one pass over a file."""

import json
from importlib.util import find_spec

import pytest

from ovlt_data.answers import Summary, grade_lines
from ovlt_data.answers.compare import compare_fault, score_by

needs_mathruler = pytest.mark.skipif(
    find_spec("mathruler") is None or find_spec("pylatexenc") is None, reason="MathRuler is an extra: ovlt[compare]"
)


def test_each_line_has_a_column_per_grader_and_the_summary_the_differences() -> None:
    lines = [
        json.dumps({"prediction": "So it is B.", "answer": "B", "choices": ["1", "2"], "answer_type": "choice"}),
        json.dumps({"prediction": r"\boxed{\frac{1}{2}}", "answer": r"\frac{1}{2}"}),
        "{",
    ]
    summary = Summary()
    names = ["math-verify", "official:scienceqa"]
    results = list(grade_lines(lines, compare=names, summary=summary))
    assert [result["verdict"] for result in results] == ["correct", "correct", None]
    assert results[0]["official:scienceqa"]["score"] == 0.0
    assert results[1]["math-verify"]["score"] == 1.0
    assert results[1]["official:scienceqa"]["reason"] == "no_choices"
    assert "ours and official:scienceqa:\n  1 lines: ours 100.0%, theirs 0.0%; agree on 0.0%" in str(summary)
    assert "line 1: ours correct on 'So it is B.'" in str(summary)


@needs_mathruler
@pytest.mark.parametrize(
    ("output", "gold", "paid"),
    [
        pytest.param("<answer>Mon</answer>", "Monday", 1.0, id="units-within-words"),
        pytest.param("<think><answer>5</answer></think><answer>6</answer>", "5", 1.0, id="first-tag-in-a-thought"),
        pytest.param("<answer>\n5\n</answer>", "5", 0.0, id="tag-over-lines"),
        pytest.param("The answer is 5.", "5", 0.0, id="no-tag"),
    ],
)
def test_the_papers_reward_is_what_it_is(output: str, gold: str, paid: float) -> None:
    assert score_by("paper", output, gold).score == paid


@needs_mathruler
def test_what_hangs_mathruler_is_undecided() -> None:
    result = score_by("paper", "<answer>9**9**9</answer>", "0.3")
    assert (result.score, result.reason) in ((None, "timeout"), (None, "memory"))


def test_a_name_that_is_unknown_is_told_the_known_ones() -> None:
    assert "official:vizwiz" in (compare_fault(["official:vqa"]) or "")
    assert compare_fault(["math-verify", "official:vizwiz"]) is None
