"""The one grader: what generate, the reward of GRPO, evaluation and exports all ask.

The problem's answer type directs the comparison; where it is `auto` the gold's own form does, never the prediction's.
No text whatever makes it raise, and none holds it up: what the rules can't decide is put to the symbolic worker.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypedDict, Unpack

from ovlt_data.answers import symbolic
from ovlt_data.answers.choice import compare_choice, letter_of_gold
from ovlt_data.answers.clean import clean
from ovlt_data.answers.expression import compare_expression
from ovlt_data.answers.extract import MAX_ANSWER, Extracted, extract, lone_formula
from ovlt_data.answers.formulas import is_clearly_formula
from ovlt_data.answers.literals import is_difference
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

GRADER_VERSION = "4"

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b"
)
_DATE = re.compile(rf"\d{{1,2}} {_MONTH}|{_MONTH}\.? \d", re.IGNORECASE)
_UNCLOSED_BOX = re.compile(r"\\+boxed ?\{")
_PERCENT_BEHIND = re.compile(r"\\boxed ?\{[\d.,/]++\}\s*+\$?\s*+(?:\\%|%|percent\b)[^\\]*+$")

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
    """What a problem may say about its gold besides its text, as `grade` takes it."""

    answer_type: AnswerType
    choices: Sequence[str]
    unit: str
    precision: int | None
    answers: Sequence[str]


def grade(prediction: str, answer: str, **options: Unpack[GoldOptions]) -> Verdict:
    """The verdict on a whole model output."""
    said, gold = extract(prediction or ""), _gold(answer, **options)
    ruling = _rule_on(said, gold)
    if isinstance(ruling, str):
        ruling = symbolic.decide(ruling, gold.text)
    return Verdict(status=ruling.status, extracted=said.value, method=ruling.method, reason=ruling.reason)


def grade_quickly(prediction: str, answer: str, **options: Unpack[GoldOptions]) -> Verdict | None:
    """The same within this process, in well under a millisecond; None where the symbolic worker is needed."""
    said = extract(prediction or "")
    ruling = _rule_on(said, _gold(answer, **options))
    if isinstance(ruling, str):
        return None
    return Verdict(status=ruling.status, extracted=said.value, method=ruling.method, reason=ruling.reason)


def canonical_answer(answer: str, *, answer_type: AnswerType = "auto", choices: Sequence[str] = ()) -> str:
    """The gold as it should stand in a training row's answer: of a choice its letter, else as it is."""
    if choices and answer_type in ("auto", "choice"):
        return letter_of_gold(clean(answer), tuple(choices)) or answer.strip()
    return answer.strip()


def _gold(
    answer: str,
    *,
    answer_type: AnswerType = "auto",
    choices: Sequence[str] = (),
    unit: str = "",
    precision: int | None = None,
    answers: Sequence[str] = (),
) -> Gold:
    return _read_gold(answer or "", answer_type, tuple(choices or ()), unit or "", precision, tuple(answers or ()))


@lru_cache(maxsize=16_384)
def _read_gold(
    answer: str,
    answer_type: AnswerType,
    choices: tuple[str, ...],
    unit: str,
    precision: int | None,
    answers: tuple[str, ...],
) -> Gold:
    """Read once for all samples of a problem."""
    text = _clean_gold(answer)
    kind = _kind(answer_type, text, bool(choices), bool(answers))
    return Gold(text, kind, choices, unit, precision, answers)


def _rule_on(said: Extracted, gold: Gold) -> Ruling | str:
    """A ruling, or the formula that the symbolic worker has to compare with the gold."""
    if not gold.text and not gold.answers:
        return Ruling("unscorable", "", "no_gold")
    if said.value is None:
        return Ruling("wrong", said.method, said.reason)
    answer = clean(said.value)
    ruling = _compare(answer, gold)
    if ruling is not None and ruling.reason != "differs":
        return ruling
    formula = lone_formula(said.value)
    if formula is None:
        return ruling or answer
    return _second_look(clean(formula), gold, ruling)


def _second_look(formula: str, gold: Gold, first: Ruling | None) -> Ruling | str:
    """The formula that stands alone in a sentence may be the answer where the sentence is not."""
    second = _compare(formula, gold)
    if second is None:
        return formula
    return second if second.status == "correct" or first is None else first


def _compare(answer: str, gold: Gold) -> Ruling | None:
    return _COMPARISONS[gold.kind](answer, gold) if answer else Ruling("wrong", "", "no_answer")


def _kind(declared: AnswerType, gold: str, has_choices: bool, has_answers: bool) -> AnswerType:
    if declared != "auto":
        return _fitting(declared, gold)
    if has_answers:
        return "vqa"
    return "choice" if has_choices else form_of(gold)


def form_of(gold: str) -> AnswerType:
    """The answer type that the gold's own form asks for."""
    if is_clearly_yes_no(gold):
        return "yes_no"
    if _DATE.match(gold) or (is_difference(gold) and read_range(gold) is None):  # or a telephone number
        return "text"
    if is_clearly_time(gold):
        return "time"
    if is_clearly_range(gold):
        return "range"
    if read_number(gold) is not None:
        return "number"
    if is_clearly_series(gold) and ("'" in gold or '"' in gold or gold.count(",") > 1):
        return "list"
    return "expression" if is_clearly_formula(gold) else "text"


def _fitting(declared: AnswerType, gold: str) -> AnswerType:
    """What is declared, unless the gold can't be read that way: a number (2, 3), a set of one range."""
    readable = _READABLE.get(declared)
    return declared if readable is None or readable(gold) else form_of(gold)


def _is_number(gold: str) -> bool:
    return read_number(gold) is not None


def _is_set(gold: str) -> bool:
    return is_clearly_series(gold) or len(split_items(gold)) > 1 or form_of(gold) == "text"


_READABLE: dict[AnswerType, Callable[[str], bool]] = {
    "number": _is_number,
    "integer": _is_number,
    "decimal": _is_number,
    "set": _is_set,
    "time": lambda gold: read_time(gold) is not None,
    "range": lambda gold: read_range(gold) is not None,
}


def _clean_gold(answer: str) -> str:
    """A gold may be a whole worked solution: then its box counts, with a "percent" behind it, or its final answer."""
    if "\\boxed" not in answer and "inal answer is" not in answer:
        return clean(answer[:MAX_ANSWER])
    worked = extract(answer).value or _UNCLOSED_BOX.sub("", answer)
    return clean(worked[:MAX_ANSWER] + (" %" if _PERCENT_BEHIND.search(answer) else ""))
