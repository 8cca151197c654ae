"""A gold answer in its canonical form.

Of a choice problem that is the letter, whatever the source states: letter, text or 0-based index. A gold that could
mean two of the choices is refused: a wrong gold costs more than a lost row. Yes and no are written so, and numbers
without the commas between thousands.
"""

import re
import string
from collections.abc import Sequence

from ovlt_data.sources.draft import Draft, Unfit
from ovlt_data.types import AnswerType

_LETTER = re.compile(r"\(?([A-Za-z])(?:[).:]|\.\))?")
_LETTER_AND_TEXT = re.compile(r"\(?([A-Z])[).:]\s*(\S.*)", re.DOTALL)
_THOUSANDS = re.compile(r"[-+−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMERIC = frozenset({"auto", "integer", "decimal", "number"})
_YES_NO = frozenset({"auto", "text", "yes_no"})


def settle_gold(draft: Draft) -> tuple[str, AnswerType]:
    """The canonical gold of a draft, and how it is to be compared."""
    if draft.choices:
        return _letter(draft.answer, draft.choices), "choice"
    answer = str(draft.answer).strip()
    if not answer:
        raise Unfit("no_answer", "the row has no answer")
    if draft.answers:
        return answer, "vqa" if draft.answer_type == "auto" else draft.answer_type
    if draft.answer_type in _YES_NO and is_yes_no(answer):
        return answer.rstrip(".").lower(), "yes_no"
    if draft.answer_type in _NUMERIC and _THOUSANDS.fullmatch(answer):
        return answer.replace(",", ""), draft.answer_type
    return answer, draft.answer_type


def write_gold(value: str | float | Sequence[str] | None) -> str:
    """A gold as a file may state it: a text, a number, a boolean, or several texts; empty where there is none."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case _:
            return ", ".join(value)


def is_yes_no(answer: str) -> bool:
    return answer.rstrip(".").lower() in ("yes", "no")


def _letter(answer: str | int, choices: Sequence[str]) -> str:
    if len(choices) > len(string.ascii_uppercase):
        raise Unfit("too_many_choices", f"{len(choices)} choices; expected at most one for each letter")
    return string.ascii_uppercase[_index(answer, choices)]


def _index(answer: str | int, choices: Sequence[str]) -> int:
    if isinstance(answer, int):
        if answer not in range(len(choices)):
            raise Unfit("no_such_choice", f"the gold is choice {answer}, counted from 0, of {len(choices)}")
        return answer
    if not answer.strip():
        raise Unfit("no_answer", "the row has no answer")
    meant = {index for index, choice in enumerate(choices) if _fold(choice) == _fold(answer)}
    lettered = _lettered(answer, choices)
    if lettered is not None and (not meant or lettered in meant):
        return lettered
    if not meant:
        raise Unfit("no_such_choice", f"the gold {answer!r} is neither a letter nor one of the choices {list(choices)}")
    if len(meant) > 1 or lettered is not None:
        raise Unfit("ambiguous_gold", f"the gold {answer!r} could mean several of the choices {list(choices)}")
    return meant.pop()


def _lettered(answer: str, choices: Sequence[str]) -> int | None:
    """The choice that is named by its letter: `B`, `(b)`, `B.`, or `(B) 40` where choice B is 40."""
    text = answer.strip()
    if found := _LETTER.fullmatch(text):
        index = string.ascii_uppercase.index(found[1].upper())
        return index if index < len(choices) else None
    found = _LETTER_AND_TEXT.fullmatch(text)
    if found is None:
        return None
    index = string.ascii_uppercase.index(found[1])
    return index if index < len(choices) and _fold(choices[index]) == _fold(found[2]) else None


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
