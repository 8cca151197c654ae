"""Benchmarks of multiple choice, each by its own rule.

ScienceQA as LLaVA and lmms-eval parse it; AI2D as lmms-eval does; IconQA by exact equality (lupantech/IconQA);
Geometry3K as InterGPS does (symbolic_solver/test.py): the choice that is nearest to the number found.
"""

import re
from decimal import Decimal
from string import ascii_uppercase, punctuation

from ovlt_data.answers.choice import place_of_gold
from ovlt_data.answers.clean import clean
from ovlt_data.answers.numbers import read_number
from ovlt_data.answers.official.scored import Scored, found, scored, undecided
from ovlt_data.answers.ruling import Gold
from ovlt_data.answers.values import decimal

_AI2D_LETTER = re.compile(r"\s*+([A-Z])\.")
_LETTER = re.compile(r"\(?([A-Za-z])[.)]?")
_NO_PUNCTUATION = str.maketrans("", "", punctuation)


def score_scienceqa(reply: str, gold: Gold) -> Scored:
    """The letter alone, or in front of a full stop; the choice's text is wrong."""
    wanted = _letter(gold)
    if wanted is None:
        return undecided("no_choices")
    said = reply[0] if len(reply) > 1 and reply[0].isupper() and reply[1] == "." else reply
    return scored(said == wanted, said)


def score_ai2d(reply: str, gold: Gold) -> Scored:
    """The letter that opens the reply, else all of it, without case and punctuation."""
    wanted = _letter(gold)
    if wanted is None:
        return undecided("no_choices")
    opening = _AI2D_LETTER.match(reply)
    said = opening[1] if opening else reply
    return scored(_bare(said) == _bare(wanted), said)


def score_iconqa(reply: str, gold: Gold) -> Scored:
    """Of choices the index, which a letter or the very text stands for; blanks are filled exactly."""
    if not gold.choices:
        return scored(reply == gold.text, reply)
    wanted = place_of_gold(clean(gold.text), gold.choices)
    said = _place(reply, gold.choices)
    return scored(said is not None and said == wanted, reply)


def score_geometry3k(reply: str, gold: Gold) -> Scored:
    """A letter is its choice; a number is right if no choice is nearer to it than the gold's. No guess is paid."""
    wanted = place_of_gold(clean(gold.text), gold.choices)
    if not gold.choices or wanted is None:
        return undecided("no_choices")
    said = found(reply)
    place = _place(said, gold.choices)
    if place is not None:
        return scored(place == wanted, said)
    return scored(_is_nearest(said, wanted, gold.choices), said)


def _is_nearest(said: str, wanted: int, choices: tuple[str, ...]) -> bool:
    guess = _value(said)
    values = {place: value for place, choice in enumerate(choices) if (value := _value(choice)) is not None}
    if guess is None or wanted not in values:
        return False
    return abs(guess - values[wanted]) == min(abs(guess - value) for value in values.values())


def _value(text: str) -> Decimal | None:
    number = read_number(clean(text))
    return None if number is None else decimal(number.value)


def _letter(gold: Gold) -> str | None:
    place = place_of_gold(clean(gold.text), gold.choices)
    return None if place is None else ascii_uppercase[place]


def _place(reply: str, choices: tuple[str, ...]) -> int | None:
    if reply in choices:
        return choices.index(reply)
    letter = _LETTER.fullmatch(reply)
    place = ascii_uppercase.index(letter[1].upper()) if letter else len(choices)
    return place if place < len(choices) else None


def _bare(text: str) -> str:
    return text.translate(_NO_PUNCTUATION).lower()
