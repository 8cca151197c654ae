"""Grading a file: JSON lines in, one verdict per line out, in order, whatever a line holds.

Nothing is kept but counts, so a file of any size passes. A line that is no usable object gets an `error` and stops
nothing; a field that is unknown is nobody's business here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

import msgspec

from ovlt_data.answers import symbolic
from ovlt_data.answers.compare import Comparison, score_by
from ovlt_data.answers.grade import GRADER_VERSION, GoldOptions, grade
from ovlt_data.types import AnswerType

MAX_LINE = 16 * 2**20

_KINDS: dict[str, AnswerType] = {
    "float": "decimal",
    "int": "integer",
    "numeric": "number",
    "mcq": "choice",
    "mcq_text": "choice",
    "mcq_index": "choice",
    "multi_choice": "choice",
    "yesno": "yes_no",
    "vizwiz": "vqa",
    "mapqa": "set",
    "math": "expression",
    "mathverse": "expression",
    "": "auto",
}
"""Names by which benchmarks and case files call the answer types."""


class _Line(msgspec.Struct):
    prediction: str | None = None
    answer: str | list[str | int | float] | int | float | None = None
    choices: list[str | int | float] | None = None
    answer_type: str | None = None
    unit: str | None = None
    precision: float | None = None
    answers: list[str | int | float] | None = None


class Summary:
    """Counts of what `grade_lines` has seen so far."""

    def __init__(self) -> None:
        self.grader = GRADER_VERSION
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()

        self.comparisons: dict[str, Comparison] = {}

    def add(self, result: dict[str, Any]) -> None:
        self.statuses[result.get("verdict") or "error"] += 1
        self.methods[result.get("method") or ""] += 1
        if result.get("reason"):
            self.reasons[str(result["reason"])] += 1

    def compare(self, number: int, result: dict[str, Any], names: Sequence[str]) -> None:
        for name in names:
            if name in result:
                self.comparisons.setdefault(name, Comparison()).add(number, result, result[name])

    def __str__(self) -> str:
        total = self.statuses.total()
        parts = [f"{self.statuses[name]} {name}" for name in ("correct", "wrong", "unscorable", "error")]
        reasons = ", ".join(f"{name} {count}" for name, count in self.reasons.most_common())
        counts = f"{total} lines: {', '.join(parts)}" + (f" ({reasons})" if reasons else "")
        return "\n".join([counts, *(f"\nours and {name}:\n{beside}" for name, beside in self.comparisons.items())])


def grade_lines(
    lines: Iterable[bytes | str], *, compare: Sequence[str] = (), summary: Summary | None = None
) -> Iterator[dict[str, Any]]:
    """One result per line, with `verdict`, `extracted`, `method` and `reason`, or with `error`.

    With each name of `compare` (see `compare.GRADERS`) comes what that grader says.
    """
    symbolic.start()
    decoder = msgspec.json.Decoder(_Line)
    for number, line in enumerate(lines, start=1):
        result = _graded(line, number, decoder, compare)
        if summary is not None:
            summary.add(result)
            summary.compare(number, result, compare)
        yield result


def _graded(
    line: bytes | str, number: int, decoder: msgspec.json.Decoder[_Line], compare: Sequence[str]
) -> dict[str, Any]:
    try:
        read = _read(line, decoder)
        options = _options(read)
    except (msgspec.MsgspecError, ValueError) as error:
        return {"verdict": None, "error": f"line {number}: {error}"}
    prediction, gold = read.prediction or "", _gold_text(read.answer)
    verdict = grade(prediction, gold, **options)
    others = {name: msgspec.to_builtins(score_by(name, prediction, gold, **options)) for name in compare}
    return {
        "verdict": verdict.status,
        "extracted": verdict.extracted,
        "method": verdict.method,
        "reason": verdict.reason,
    } | others


def _read(line: bytes | str, decoder: msgspec.json.Decoder[_Line]) -> _Line:
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE // 2**20} MB")
    if not line.strip():
        raise ValueError("empty; expected an object with prediction and answer")
    return decoder.decode(line)


def _options(line: _Line) -> GoldOptions:
    return GoldOptions(
        answer_type=_answer_type(line.answer_type or ""),
        choices=[str(choice) for choice in line.choices or ()],
        unit=line.unit or "",
        precision=None if line.precision is None else int(line.precision),
        answers=[str(answer) for answer in line.answers or ()],
    )


def _answer_type(name: str) -> AnswerType:
    for known in get_args(AnswerType):
        if name == known:
            return known
    if name not in _KINDS:
        known = ", ".join(get_args(AnswerType))
        raise ValueError(f"answer_type {name!r} is unknown; expected one of {known}")
    return _KINDS[name]


def _gold_text(answer: str | list[str | int | float] | float | None) -> str:
    """A list is a set or a list of answers: it is read back from its JSON."""
    if answer is None:
        return ""
    return answer if isinstance(answer, str) else msgspec.json.encode(answer).decode()
