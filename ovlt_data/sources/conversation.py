"""What a human and a model said to each other in a LLaVA row, taken apart into question, choices and answer.

    Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end.
    Question: Find x.
    Choices:
    (A) 30
    (B) 40                                                                       The answer is B

A hint that asks for a form of answer is dropped, since the student's prompt asks for its own; any other hint is part
of the question. Choices stand a line each or in a row, as (A), A., A) or A:, and count only in alphabetical order.
"""

import re
import string
from typing import NamedTuple

from ovlt_data.sources.problem import IMAGE_MARKER

_HINT = re.compile(r"\AHint: Please.*?(?:\n|(?=Question:)|\Z)")
_QUESTION = re.compile(r"\AQuestion:\s*")
_INSTRUCTION = re.compile(r"\n\s*Answer (?:with|the question using)\b[^\n]*\Z")
_CHOICES = re.compile(r"\s(?:Choices|Options):\s*")
_FIRST_CHOICE = re.compile(r"\n\s*(?=(?:\(A\)|A[.):])\s)")
_ANSWER = re.compile(r"\b(?:answer is|answer:)[:\s]*", re.IGNORECASE)

_ABBREVIATION = re.compile(r"(?:[A-Za-z]\.){2}\Z")
"""Such as A.M., which keeps its full stop."""

_LINE_START, _WORD_START = r"(?:\A|\n)\s*", r"(?:\A|(?<=\s))"
_LABELS = (r"\({}\)\s*", r"{}[.]\s*", r"{}\)\s*", r"{}:\s*")


class Asked(NamedTuple):
    question: str
    choices: tuple[str, ...]


def take_apart(said: str) -> Asked:
    """The question and the choices of a human's turn."""
    text = IMAGE_MARKER.sub("", said).strip()
    text = _INSTRUCTION.sub("", _QUESTION.sub("", _HINT.sub("", text).lstrip()))
    for opening in (_CHOICES, _FIRST_CHOICE):
        for found in reversed(list(opening.finditer(text))):
            if choices := split_choices(text[found.end() :]):
                return Asked(text[: found.start()].strip(), choices)
    return Asked(text.strip(), ())


def split_choices(text: str) -> tuple[str, ...]:
    """The texts after the labels A, B, C …; none where there are not at least two."""
    for start in (_LINE_START, _WORD_START):
        for label in _LABELS:
            choices = _split_at(text, start + label)
            if len(choices) > 1:
                return choices
    return ()


def stated_answer(said: str) -> str:
    """The answer of a model's turn: what follows its last "answer is" or "Answer:", else all of it."""
    stated = [found.end() for found in _ANSWER.finditer(said)]
    answer = said[stated[-1] :].strip().partition("\n")[0] if stated else said
    return _without_full_stop(answer.strip())


def _split_at(text: str, label: str) -> tuple[str, ...]:
    labels: list[re.Match[str]] = []
    for letter in string.ascii_uppercase:
        found = re.compile(label.format(letter)).search(text, labels[-1].end() if labels else 0)
        if found is None or (not labels and found.start() > 0):
            break
        labels.append(found)
    stops = [*(found.start() for found in labels[1:]), len(text)]
    return tuple(text[found.end() : stop].strip().rstrip(",;") for found, stop in zip(labels, stops, strict=False))


def _without_full_stop(answer: str) -> str:
    return answer if _ABBREVIATION.search(answer) else answer.removesuffix(".").rstrip()
