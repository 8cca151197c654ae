"""A file of predictions, line by line."""

import json

from ovlt_data.answers import Summary, grade_lines


def _line(**fields: object) -> str:
    return json.dumps(fields)


def test_one_result_per_line_in_order() -> None:
    lines = [
        _line(prediction="<answer>7.0</answer>", answer="7", answer_type="numeric"),
        _line(prediction="The answer is B.", answer="2", choices=["a cat", "a dog", "a cow"], answer_type="mcq_index"),
        _line(prediction="Ohio and Utah", answer=["Utah", "Ohio"], answer_type="mapqa"),
        _line(prediction=None, answer="7"),
    ]
    results = list(grade_lines(lines))
    assert [result["verdict"] for result in results] == ["correct", "wrong", "correct", "wrong"]
    assert results[0] == {"verdict": "correct", "extracted": "7.0", "method": "number", "reason": ""}
    assert results[3]["reason"] == "no_answer"


def test_a_broken_line_is_an_error_and_stops_nothing() -> None:
    lines = [
        b"{",
        b"",
        b"[1]",
        b"\xff",
        _line(prediction=1, answer="x"),
        _line(answer="x", answer_type="riddle"),
        _line(),
    ]
    results = list(grade_lines([*lines, _line(prediction="x", answer="x")]))
    assert [result["verdict"] for result in results] == [None] * 6 + ["unscorable", "correct"]
    assert str(results[0]["error"]).startswith("line 1: ")
    assert "riddle" in str(results[5]["error"])


def test_the_summary_counts_what_went_by() -> None:
    summary = Summary()
    lines = [_line(prediction="7", answer="7"), _line(prediction="7 or 8", answer="7"), "{"]
    assert len(list(grade_lines(lines, summary=summary))) == 3
    assert str(summary) == "3 lines: 1 correct, 1 wrong, 0 unscorable, 1 error (hedged 1)"


def test_lines_are_taken_one_at_a_time() -> None:
    lines = iter([_line(prediction="7", answer="7"), _line(prediction="8", answer="8")])
    results = grade_lines(lines)
    next(results)
    assert next(lines, None) is not None
