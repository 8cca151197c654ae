"""What every rule of comparison takes and gives: an answer and a gold, both cleaned, and a ruling on them."""

from typing import NamedTuple

from ovlt_data.types import AnswerType, Status


class Gold(NamedTuple):
    text: str
    kind: AnswerType = "auto"
    """The comparison that it asks for."""
    choices: tuple[str, ...] = ()
    unit: str = ""
    precision: int | None = None
    answers: tuple[str, ...] = ()


class Ruling(NamedTuple):
    status: Status
    method: str
    reason: str = ""


def rule(same: bool, method: str) -> Ruling:
    return Ruling("correct", method) if same else Ruling("wrong", method, "differs")


def hedged(method: str) -> Ruling:
    return Ruling("wrong", method, "hedged")
