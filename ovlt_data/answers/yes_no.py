"""Yes or no, by the first word or the only one that says it; a text that holds both says neither."""

import re

from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule

_WORD = re.compile(r"\b(?:(yes|true|yeah|yep)|(no|false|nope)|not)\b", re.IGNORECASE)
_ALONE = {"1": True, "0": False, "y": True, "n": False}


def read_yes_no(text: str) -> bool | None:
    """None where neither or both are said, or one is denied ("not true")."""
    alone = _ALONE.get(text.strip(". ()").lower())
    if alone is not None:
        return alone
    said = {bool(match[1]) for match in _WORD.finditer(text) if match[0].lower() != "not"}
    if len(said) != 1:
        return None
    first = _WORD.search(text)
    return None if first is not None and first[0].lower() == "not" else said.pop()


def is_clearly_yes_no(text: str) -> bool:
    return text.lower() in ("yes", "no", "true", "false")


def compare_yes_no(answer: str, gold: Gold) -> Ruling:
    wanted = read_yes_no(gold.text)
    said = read_yes_no(answer)
    if said is None and len(_WORD.findall(answer)) > 1:
        return hedged("yes_no")
    return rule(said is not None and said == wanted, "yes_no")
