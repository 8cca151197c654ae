"""MathVista (lupantech/MathVista, extract_answer.py and calculate_score.py), graded by rules.

Officially a language model copies the answer out of the reply; here its quick rules do, and our own extraction after
them, so these figures are not the official ones. What follows is: the answer is brought to its type and compared
as a string. A choice that is not named becomes the one at the least edit distance, so rubbish earns 1/n too.
"""

import re
from string import ascii_uppercase

from ovlt_data.answers.official.scored import Scored, found, scored
from ovlt_data.answers.ruling import Gold

_QUICK = re.compile(r'The answer is "(.*)"\.')
_BRACKETED = re.compile(r"\(([a-zA-Z])\)")
_MAX_COMPARED = 256


def score_mathvista(reply: str, gold: Gold) -> Scored:
    said = _extracted(reply, gold)
    if gold.choices:
        chosen = _choice(said, gold.choices)
        return scored(chosen == _choice(gold.text, gold.choices), said)
    return scored(_typed(said, gold) == gold.text, said)


def _extracted(reply: str, gold: Gold) -> str:
    if reply in gold.choices:
        return reply
    quick = _QUICK.search(reply)
    return quick[1] if quick else found(reply)


def _typed(said: str, gold: Gold) -> str | None:
    """As Python writes the value: 14.7 becomes the integer 14."""
    try:
        if gold.kind == "integer":
            return str(int(float(said)))
        if gold.kind == "decimal":
            return str(round(float(said), gold.precision))
    except (ValueError, OverflowError):
        return None
    return said


def _choice(said: str, choices: tuple[str, ...]) -> str:
    bracketed = _BRACKETED.search(said)
    letter = bracketed[1].upper() if bracketed else said.strip()
    letters = ascii_uppercase[: len(choices)]
    if len(letter) == 1 and letter in letters:
        return choices[letters.index(letter)]
    return min(choices, key=lambda choice: _distance(letter[:_MAX_COMPARED], choice[:_MAX_COMPARED]))


def _distance(one: str, other: str) -> int:
    """Levenshtein's: insertions, deletions and replacements."""
    row = list(range(len(other) + 1))
    for number, mine in enumerate(one, 1):
        corner, row[0] = row[0], number
        for at, theirs in enumerate(other, 1):
            corner, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, corner + (mine != theirs))
    return row[-1]
