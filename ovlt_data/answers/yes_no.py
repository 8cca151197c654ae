"""Yes or no, by the first word or the only one that says it; a text that holds both says neither."""

import re

from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule

_WORD = re.compile(r"\b(?:(yes|true|yeah|yep)|(no(?! (?:one|idea|way))|false|nope|not (?:true|correct))|not)\b")
_WEIGHED = re.compile(r"\b(?:yes|no|true|false)\W{1,3}or\b|\bif (?:yes|no)\b")
_OPENED = re.compile(r"(?:yes|no)\b ?[,.;:!-]")
_DETERMINER = re.compile(r"\bno (?=[a-z]{2})")
_ALONE = {"y": True, "n": False, "yes": True, "no": False, "true": True, "false": False}
_DIGITS = {"1": True, "0": False}


def read_yes_no(text: str) -> bool | None:
    """None where neither or both are said, or one is denied ("not true")."""
    text = text.lower()
    alone = _ALONE.get(text.strip(". ()"))
    if alone is not None:
        return alone
    if ("or" in text or "if" in text) and _WEIGHED.search(text):
        return None
    opened = _OPENED.match(text)
    if opened is not None:  # "Yes, because no bar is higher"
        text = opened[0] + _DETERMINER.sub("", text[opened.end() :])
    words = list(_WORD.finditer(text))
    said = {bool(word[1]) for word in words if word[0] != "not"}
    return said.pop() if len(said) == 1 and words[0][0] != "not" else None


def is_clearly_yes_no(text: str) -> bool:
    return text.lower() in ("yes", "no", "true", "false")


def compare_yes_no(answer: str, gold: Gold) -> Ruling:
    if gold.text in _DIGITS:  # as FigureQA's own files have it
        wanted, said = _DIGITS[gold.text], _DIGITS.get(answer, read_yes_no(answer))
    else:
        wanted, said = read_yes_no(gold.text), read_yes_no(answer)
    if said is None and len(_WORD.findall(answer.lower())) > 1:
        return hedged("yes_no")
    return rule(said is not None and said == wanted, "yes_no")
