"""Multiple choice by letter or by what the choice says, both taken to the choice's place in the list.

A letter counts where it stands for itself: alone, bracketed, after "option", before its own text. A text counts when
it is one choice and no other, folded or by value. A letter beside another choice's text is a contradiction, and
several letters are a hedge. Nearness and containment never count: "ice" is not "an ice cube".
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from string import ascii_uppercase

from ovlt_data.answers.clean import clean
from ovlt_data.answers.literals import Number
from ovlt_data.answers.nearness import equal
from ovlt_data.answers.numbers import read_number
from ovlt_data.answers.phrases import is_hedged
from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule
from ovlt_data.answers.text import fold, readings, tight

_LETTER = re.compile(
    r"(?:(?:the )?(?:correct )?(?:answer|option|choice|letter)s?(?: is|:)? )*+"
    r"[(\[{]?([A-Za-z])[)\]}]?"
    r"(?: -| is (?:the )?(?:correct|right|best|answer)(?: (?:answer|option|choice))?)?(?: ?[.:),;!?])?",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:(?:the )?(?:correct )?(?:answer|option|choice)(?: is|:)? )?+"
    r"(?:[(\[{]([A-Za-z])[)\]}] ?[.:,]?|([A-Za-z]) ?[.:)]|([A-Z]) -(?= )|([A-Z])(?= \d)) ?(?=\S)",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?:\b(?:not|never|rather than|instead of)\b|n't\b)(?: [a-z]+){0,3}? ?\(?[A-Z]\b\)?")
_POINTED = re.compile(
    r"\(([A-Z])\)"
    r"|\b(?:option|choice|answer|is|be|choose|pick|select|think|but|:|(?i:so|therefore|thus|hence),?)"
    r" \(?([A-Z])\b(?! [a-z])"
)
_EXPLAINED = re.compile(r"([^,;]{1,80}?)(?:[,;] |\n+| (?:because|since) )(?=\S)")
_DENIED_REST = re.compile(r"^not (?!only|just)[^,;.]*+\.?$")
_STANDING = re.compile(r"(?<![\w'])([A-Z])(?![\w'])")
_ARTICLE = re.compile(r"(?<![\w'])A(?= [a-z])")


def compare_choice(answer: str, gold: Gold) -> Ruling:
    wanted = place_of_gold(gold.text, gold.choices)
    if wanted is None:
        return rule(fold(answer) == fold(gold.text) != "", "choice_text")
    said, method = _place(answer, gold.choices)
    if said is None and (method == "hedged" or is_hedged(answer)):
        return hedged("choice")
    return rule(said == wanted, method if said is not None else "choice")


def place_of_gold(text: str, choices: Sequence[str]) -> int | None:
    """From a letter, the choice's own text, or a 0-based index, in this order."""
    letter = _LETTER.fullmatch(text)
    if letter is not None and ascii_uppercase.find(letter[1].upper()) < (len(choices) or 26):
        return ascii_uppercase.index(letter[1].upper())
    by_text = _by_text(text, tuple(choices))
    if by_text is not None:
        return by_text
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 and int(text) < len(choices) else None


def letter_of_gold(text: str, choices: Sequence[str]) -> str | None:
    place = place_of_gold(text, choices)
    return None if place is None else ascii_uppercase[place]


def _place(answer: str, choices: tuple[str, ...]) -> tuple[int | None, str]:
    count = len(choices) or 26
    letter = _LETTER.fullmatch(answer)
    if letter is not None:
        return _in_range(letter[1], count), "choice_letter"
    labelled = _LABELLED.match(answer)
    exact = _as_it_stands(answer, choices) if labelled and not labelled[4] else _by_text(answer, choices)
    if exact is not None:
        return exact, "choice_text"
    if labelled is not None:
        return _labelled(labelled, answer, choices)
    head = _EXPLAINED.match(answer)
    if head is not None:
        place, method = _explained(head[1], answer[head.end() :], choices)
        if place is not None or method == "hedged":
            return place, method
    return _pointed_at(answer, count)


def _in_range(letter: str, count: int) -> int | None:
    place = ascii_uppercase.index(letter.upper())
    return place if place < count else None


def _labelled(match: re.Match[str], answer: str, choices: tuple[str, ...]) -> tuple[int | None, str]:
    """ "B. 12": the text after the letter must not be another choice's."""
    place = _in_range(match[1] or match[2] or match[3] or match[4], len(choices) or 26)
    rest = answer[match.end() :]
    named = _by_text(rest, choices)
    other = _LETTER.fullmatch(rest) or _STANDING.match(rest)
    if match[4] and named is None:
        return None, "choice"
    if named is None and other is not None and _in_range(other[1], len(choices) or 26) not in (None, place):
        return None, "hedged"
    return (place, "choice_letter") if named in (None, place) else (None, "hedged")


def _explained(head: str, rest: str, choices: tuple[str, ...]) -> tuple[int | None, str]:
    """ "B, because …", "Yes, it is": what comes first counts, unless another choice is named after it."""
    place, method = _place(head, choices)
    if place is None:
        return None, method
    rest = _DENIED_REST.sub("", rest)
    words = set(fold(rest).split())
    others = (choice for at, choice in enumerate(choices) if at != place)
    if _STANDING.search(_ARTICLE.sub("", rest)) or any(words.issuperset(fold(other).split()) for other in others):
        return None, "hedged"
    return place, method


def _pointed_at(answer: str, count: int) -> tuple[int | None, str]:
    """A letter within a sentence: "not (B) but (C)", "A triangle is shown so C"."""
    kept = _ARTICLE.sub("", _DENIED.sub("", answer))
    standing = {match[1] for match in _STANDING.finditer(kept) if _in_range(match[1], count) is not None}
    if len(standing) != 1:
        return None, "hedged" if standing else "choice"
    pointed = {match[1] or match[2] for match in _POINTED.finditer(kept)}
    return (_in_range(standing.pop(), count), "choice_letter") if pointed & standing else (None, "choice")


def _by_text(answer: str, choices: tuple[str, ...]) -> int | None:
    known = _read_choices(choices)
    exact = known.exact.get(answer)
    if exact is not None:
        return exact
    for spelling in (answer.casefold(), tight(answer), *readings(answer)):
        places = known.spellings.get(spelling)
        if places is not None:
            return places
    return _by_value(answer, known.numbers)


def _as_it_stands(answer: str, choices: tuple[str, ...]) -> int | None:
    """Behind a label only the very choice counts: folded, "A. condensation" would be "a condensation"."""
    known = _read_choices(choices)
    exact = known.exact.get(answer)
    if exact is not None:
        return exact
    return known.loose.get(answer.casefold(), known.loose.get(tight(answer)))


def _by_value(answer: str, numbers: tuple[Number | None, ...]) -> int | None:
    said = read_number(answer) if numbers else None
    if said is None:
        return None
    places = [place for place, number in enumerate(numbers) if number is not None and equal(said, number)]
    return places[0] if len(places) == 1 else None


class _Choices:
    """The choices read once: rows of one problem share them."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        self._cleaned = [clean(choice) for choice in choices]
        self.exact = _unique(self._cleaned)
        """Places of the choices as they stand, which is all that most answers need."""

    @cached_property
    def loose(self) -> dict[str, int]:
        return self._spelled(tight) | self._spelled(str.casefold)

    @cached_property
    def spellings(self) -> dict[str, int]:
        return self._spelled(_first_sentence) | self._spelled(fold) | self.loose

    @cached_property
    def numbers(self) -> tuple[Number | None, ...]:
        """Of each choice, or none at all; read only where no spelling has decided."""
        numbers = tuple(read_number(choice) for choice in self._cleaned)
        return numbers if any(number is not None for number in numbers) else ()

    def _spelled(self, spell: Callable[[str], str]) -> dict[str, int]:
        return _unique([spell(choice) for choice in self._cleaned])


def _first_sentence(choice: str) -> str:
    """A quotation of a longer choice may end with it; "Mr" is none."""
    sentence, stop, _ = choice.partition(". ")
    return fold(sentence) if stop and sentence.count(" ") > 1 else ""


def _unique(spellings: list[str]) -> dict[str, int]:
    places = dict(zip(spellings, range(len(spellings)), strict=True))
    if len(places) < len(spellings) or "" in places:
        return {text: place for text, place in places.items() if text and spellings.count(text) == 1}
    return places


@lru_cache(maxsize=4_096)
def _read_choices(choices: tuple[str, ...]) -> _Choices:
    return _Choices(choices)
