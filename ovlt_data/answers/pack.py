"""A gold answer with all that the grader must know, as one string: trainers hand a reward no more than that."""

import msgspec
from msgspec import Struct

from ovlt_data.answers.grade import grade
from ovlt_data.types import AnswerType, Verdict


class Gold(Struct, frozen=True, kw_only=True, omit_defaults=True):
    answer: str
    answer_type: AnswerType = "auto"
    choices: tuple[str, ...] = ()
    unit: str = ""
    precision: int | None = None
    answers: tuple[str, ...] = ()


def pack_gold(gold: Gold) -> str:
    """JSON; the same gold is the same string."""
    return msgspec.json.encode(gold).decode()


def grade_packed(prediction: str, packed: str) -> Verdict:
    """The verdict on a whole model output. Raises ValueError for a gold that was not packed by us."""
    try:
        gold = msgspec.json.decode(packed, type=Gold)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{packed[:80]!r} is no gold that `ovlt export` packed: {error}") from error
    return grade(
        prediction,
        gold.answer,
        answer_type=gold.answer_type,
        choices=gold.choices,
        unit=gold.unit,
        precision=gold.precision,
        answers=gold.answers,
    )
