"""Words are compared as words: folded, never as sums or products of letters, never by what they contain.

Case, punctuation, hyphens, a leading article and a lead-in ("It is made of …") do not matter. Plurals and synonyms
count only for the closed vocabularies of drawn scenes, where they can't mean another answer.
"""

import re

from ovlt_data.answers.phrases import is_hedged, without_article, without_lead_in, without_place
from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule

_SYNONYMS = {
    "grey": "gray",
    "metallic": "metal",
    "shiny": "metal",
    "matte": "rubber",
    "block": "cube",
    "ball": "sphere",
    "big": "large",
    "tiny": "small",
    "little": "small",
}
_SCENE_NAMES = """
gray red blue green brown purple cyan yellow metal rubber cube sphere cylinder large small circle square triangle
rectangle star car bus jet airliner biplane fighter plane airplane motorbike motorcycle bike bicycle scooter cruiser
chopper dirtbike truck sedan suv minivan wagon
"""
_SCENE_WORDS = frozenset(_SCENE_NAMES.split())
_NOT_WORD = re.compile(r"(?:[^\w%°$€£+<>=.:,/-]|[.:,/](?!\d)|(?<!\d)[:,/]|(?<=[^\W\d])-|-(?!\d))+")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_HYPHEN = re.compile(r"(?<=[A-Za-z])-(?=[A-Za-z])")
_INITIALS = re.compile(r"(?<=\b[a-z])\.(?=[a-z]\b|\W|$)")
_POSSESSIVE = re.compile(r"(?<=\w)'(?=\w)")


def compare_text(answer: str, gold: Gold) -> Ruling:
    wanted = fold(gold.text)
    if not wanted:
        return rule(tight(answer) == tight(gold.text) != "", "text")
    said = readings(answer)
    if wanted in said or ("-" in gold.text and _joined(gold.text) in said) or _same_in_scene(said, wanted):
        return rule(True, "text")
    if is_hedged(answer) and not is_hedged(gold.text):
        return hedged("text")
    return rule(False, "text")


def fold(text: str) -> str:
    """Lower case, one space between words, no punctuation, no leading article."""
    if text.replace(" ", "").isalnum():
        return without_article(text.casefold())
    words = _NOT_WORD.sub(" ", _GROUPED.sub("", _INITIALS.sub("", _POSSESSIVE.sub("", text.casefold())))).strip()
    return without_article(words)


def _joined(text: str) -> str:
    """non-linear as nonlinear."""
    return fold(_HYPHEN.sub("", text)) if "-" in text else fold(text)


def tight(text: str) -> str:
    """For formulas and brackets, where punctuation means something: only case and spaces go."""
    return "".join(text.casefold().split()).rstrip(".")


def readings(answer: str) -> list[str]:
    """The answer as it stands, then without the words that lead up to it."""
    said = without_lead_in(answer)
    texts = dict.fromkeys((answer, said, without_place(said)))
    spellings = (fold, _joined) if "-" in answer else (fold,)
    return [spell(text) for spell in spellings for text in texts]


def _same_in_scene(said: list[str], wanted: str) -> bool:
    gold_word = _scene_word(wanted)
    return gold_word is not None and any(_scene_word(reading) == gold_word for reading in said)


def _scene_word(text: str) -> str | None:
    before, space, last = text.rpartition(" ")
    for word in (last, last.removesuffix("s"), last.removesuffix("es")):
        word = _SYNONYMS.get(word, word)
        if word in _SCENE_WORDS:
            return before + space + word
    return None
