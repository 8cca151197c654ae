"""Yes or no, by the first word or the only one that says it; a text that holds both says neither."""

import re

from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule

_WORD = re.compile(
    r"\b(?:(yes|true|yeah|yep)|(no(?! (?:one|idea|way))|false|nope|not (?:true|correct))|not)\b", re.IGNORECASE
)
_WEIGHED = re.compile(r"\b(?:yes|no|true|false)\W{1,3}or\b|\bif (?:yes|no)\b", re.IGNORECASE)
_OPENED = re.compile(r"(?:yes|no)\b ?[,.;:!-]", re.IGNORECASE)
_DETERMINER = re.compile(r"\bno (?=[a-z]{2})", re.IGNORECASE)
_LETTERS = {"y": True, "n": False}
_DIGITS = {"1": True, "0": False}


def read_yes_no(text: str) -> bool | None:
    """None where neither or both are said, or one is denied ("not true")."""
    alone = _LETTERS.get(text.strip(". ()").lower())
    if alone is not None:
        return alone
    if _WEIGHED.search(text):
        return None
    opened = _OPENED.match(text)
    if opened is not None:  # "Yes, because no bar is higher"
        text = opened[0] + _DETERMINER.sub("", text[opened.end() :])
    said = {bool(match[1]) for match in _WORD.finditer(text) if match[0].lower() != "not"}
    if len(said) != 1:
        return None
    first = _WORD.search(text)
    return None if first is not None and first[0].lower() == "not" else said.pop()


def is_clearly_yes_no(text: str) -> bool:
    return text.lower() in ("yes", "no", "true", "false")


def compare_yes_no(answer: str, gold: Gold) -> Ruling:
    if gold.text in _DIGITS:  # as FigureQA's own files have it
        wanted, said = _DIGITS[gold.text], _DIGITS.get(answer, read_yes_no(answer))
    else:
        wanted, said = read_yes_no(gold.text), read_yes_no(answer)
    if said is None and len(_WORD.findall(answer)) > 1:
        return hedged("yes_no")
    return rule(said is not None and said == wanted, "yes_no")
