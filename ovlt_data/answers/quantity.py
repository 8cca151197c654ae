"""Comparisons of one number, one time, one range, one list: what the answer says against what the gold says."""

import re

from ovlt_data.answers.formulas import has_function
from ovlt_data.answers.literals import Number
from ovlt_data.answers.nearness import equal
from ovlt_data.answers.numbers import read_decimal_comma, read_number
from ovlt_data.answers.phrases import is_hedged, without_lead_in
from ovlt_data.answers.ranges import equal_ranges, read_range
from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule
from ovlt_data.answers.sentence import read_sentence
from ovlt_data.answers.series import equal_lists, equal_sets
from ovlt_data.answers.times import only_time, read_time

_LETTER = re.compile(r"([A-Za-z]) ?=")
_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?![\d.,]))")


def compare_number(answer: str, gold: Gold) -> Ruling | None:
    """For a gold that is a number; None for an answer whose value only the symbolic worker can find."""
    wanted = read_number(gold.text)
    if wanted is None:
        return rule(False, "number")
    if _name_other_things(answer, gold.text):
        return rule(False, "number")
    said = read_number(answer) or (_with_comma(answer) if wanted.pointed else None) or read_sentence(answer)
    if said is not None:
        return rule(equal(said, wanted, unit=gold.unit, precision=gold.precision), "number")
    if is_hedged(answer):
        return hedged("number")
    return None if has_function(answer) else rule(False, "number")


def _with_comma(answer: str) -> Number | None:
    """2,74 where 2.74 is asked for, alone or in a sentence."""
    return read_decimal_comma(answer) or read_sentence(_COMMA.sub(".", answer)) if "," in answer else None


def _name_other_things(answer: str, gold: str) -> bool:
    """ "y = 2" for "x = 2"."""
    if "=" not in answer or "=" not in gold:
        return False
    one, other = _LETTER.match(answer), _LETTER.match(gold)
    return one is not None and other is not None and one[1] != other[1]


def compare_time(answer: str, gold: Gold) -> Ruling:
    wanted = read_time(gold.text)
    said = read_time(answer) or read_time(without_lead_in(answer)) or only_time(answer)
    if said is None and is_hedged(answer):
        return hedged("time")
    return rule(said is not None and said == wanted, "time")


def compare_range(answer: str, gold: Gold) -> Ruling:
    wanted = read_range(gold.text)
    said = read_range(answer) or read_range(without_lead_in(answer))
    same = said is not None and wanted is not None and equal_ranges(said, wanted, unit=gold.unit)
    return rule(same, "range")


def compare_list(answer: str, gold: Gold) -> Ruling:
    return rule(equal_lists(answer, gold.text), "list")


def compare_set(answer: str, gold: Gold) -> Ruling:
    return rule(equal_sets(answer, gold.text), "set")
