"""The one grader: what generate, the reward of GRPO, evaluation and exports all ask.

The problem's answer type directs the comparison; where it is `auto` the gold's own form does, never the prediction's.
No text whatever makes it raise, and none holds it up: what the rules can't decide is put to the symbolic worker.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypedDict

from ovlt_data.answers import symbolic
from ovlt_data.answers.choice import compare_choice, letter_of_gold
from ovlt_data.answers.clean import clean
from ovlt_data.answers.expression import compare_expression, is_clearly_formula
from ovlt_data.answers.extract import MAX_ANSWER, Extracted, extract
from ovlt_data.answers.numbers import read_number
from ovlt_data.answers.quantity import compare_list, compare_number, compare_range, compare_set, compare_time
from ovlt_data.answers.ranges import is_clearly_range, read_range
from ovlt_data.answers.ruling import Gold, Ruling
from ovlt_data.answers.series import is_clearly_series, split_items
from ovlt_data.answers.text import compare_text
from ovlt_data.answers.times import is_clearly_time, read_time
from ovlt_data.answers.vqa import compare_vqa
from ovlt_data.answers.yes_no import compare_yes_no, is_clearly_yes_no
from ovlt_data.types import AnswerType, Verdict

GRADER_VERSION = "1"

Comparison = Callable[[str, Gold], Ruling | None]

_COMPARISONS: dict[AnswerType, Comparison] = {
    "yes_no": compare_yes_no,
    "choice": compare_choice,
    "integer": compare_number,
    "decimal": compare_number,
    "number": compare_number,
    "expression": compare_expression,
    "text": compare_text,
    "list": compare_list,
    "set": compare_set,
    "time": compare_time,
    "range": compare_range,
    "vqa": compare_vqa,
}


class GoldOptions(TypedDict, total=False):
    """What a problem may say about its gold, as `grade` takes it."""

    answer_type: AnswerType
    choices: Sequence[str]
    unit: str
    precision: int | None
    answers: Sequence[str]


def grade(
    prediction: str,
    answer: str,
    *,
    answer_type: AnswerType = "auto",
    choices: Sequence[str] = (),
    unit: str = "",
    precision: int | None = None,
    answers: Sequence[str] = (),
) -> Verdict:
    """The verdict on a whole model output."""
    verdict, said, gold = _grade(prediction, answer, answer_type, choices, unit, precision, answers)
    return verdict or _verdict(symbolic.decide(clean(said.value or ""), gold.text), said)


def grade_quickly(
    prediction: str,
    answer: str,
    *,
    answer_type: AnswerType = "auto",
    choices: Sequence[str] = (),
    unit: str = "",
    precision: int | None = None,
    answers: Sequence[str] = (),
) -> Verdict | None:
    """The same within this process, in well under a millisecond; None where the symbolic worker is needed."""
    return _grade(prediction, answer, answer_type, choices, unit, precision, answers)[0]


def canonical_answer(answer: str, *, answer_type: AnswerType = "auto", choices: Sequence[str] = ()) -> str:
    """The gold as it should stand in a training row's answer: of a choice its letter, else as it is."""
    if choices and answer_type in ("auto", "choice"):
        return letter_of_gold(clean(answer), tuple(choices)) or answer.strip()
    return answer.strip()


def _grade(
    prediction: str,
    answer: str,
    answer_type: AnswerType,
    choices: Sequence[str],
    unit: str,
    precision: int | None,
    answers: Sequence[str],
) -> tuple[Verdict | None, Extracted, Gold]:
    said = extract(prediction or "")
    text = _clean_gold(answer or "")
    gold = Gold(text, tuple(choices or ()), unit or "", precision, tuple(answers or ()))
    if not text and not gold.answers:
        return Verdict(status="unscorable", extracted=said.value, method=said.method, reason="no_gold"), said, gold
    if said.value is None:
        return Verdict(status="wrong", method=said.method, reason=said.reason), said, gold
    ruling = compare(clean(said.value), gold, answer_type)
    return None if ruling is None else _verdict(ruling, said), said, gold


def compare(answer: str, gold: Gold, answer_type: AnswerType) -> Ruling | None:
    """Two cleaned answers; None where only the symbolic worker can tell."""
    if not answer:
        return Ruling("wrong", "", "no_answer")
    if answer_type == "auto":
        answer_type = "vqa" if gold.answers else "choice" if gold.choices else form_of(gold.text)
    elif answer_type != "text":
        answer_type = _fitting(answer_type, gold.text)
    return _COMPARISONS[answer_type](answer, gold)


@lru_cache(maxsize=65_536)
def form_of(gold: str) -> AnswerType:
    """The answer type that the gold's own form asks for."""
    if is_clearly_yes_no(gold):
        return "yes_no"
    if is_clearly_time(gold):
        return "time"
    if is_clearly_range(gold):
        return "range"
    if read_number(gold) is not None:
        return "number"
    if is_clearly_series(gold) and ("'" in gold or '"' in gold or gold.count(",") > 1):
        return "list"
    return "expression" if is_clearly_formula(gold) else "text"


@lru_cache(maxsize=65_536)
def _fitting(declared: AnswerType, gold: str) -> AnswerType:
    """What is declared, unless the gold can't be read that way: a number (2, 3), a set of one range."""
    if declared in ("number", "integer", "decimal") and read_number(gold) is None:
        return form_of(gold)
    if declared == "set" and len(split_items(gold)) == 1 and not is_clearly_series(gold):
        return form_of(gold) if form_of(gold) in ("yes_no", "range", "number") else "set"
    if declared == "time" and read_time(gold) is None:
        return form_of(gold)
    if declared == "range" and read_range(gold) is None:
        return form_of(gold)
    return declared


@lru_cache(maxsize=65_536)
def _clean_gold(answer: str) -> str:
    return clean(answer[:MAX_ANSWER])


def _verdict(ruling: Ruling, said: Extracted) -> Verdict:
    return Verdict(status=ruling.status, extracted=said.value, method=ruling.method, reason=ruling.reason)
