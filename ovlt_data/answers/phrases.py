"""Words that stand around an answer and are no part of it: "There are 3 cubes", "It is made of metal", "x = 4"."""

import re

_CONNECTOR = r"(?:(?:so|thus|therefore|hence|then|and)\b,?\s++)"
_VERB = r"(?:is|are|was|were|equals?|has|have|gives?|counts?|see|get|got|found)"
_SHORT = r"(?:it|that|there)'s"
_FILLERS = (
    r"(?:(?:only|about|around|approximately|approx\.?|roughly|exactly|just|equal to|made (?:out )?of|called)\s++)*+"
)
_COUNTED = r"(?:(?:a|the)\s++(?:total|sum|number)\s++of\s++|the\s++)?+"
_CONNECTED = re.compile(_CONNECTOR + "++", re.IGNORECASE)
_LEAD_IN = re.compile(
    rf"{_CONNECTOR}*+(?:[^\n=]{{1,300}}\s{_VERB}:?\s++|{_SHORT}\s++)?{_FILLERS}{_COUNTED}",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not|or|if|no|either|neither|cannot|never|than)\b|n't\b", re.IGNORECASE)
_CLUTTER = re.compile(r"[\d?;]")
_ARTICLE = re.compile(r"(?:an?|the)\s++", re.IGNORECASE)
_PLACE = re.compile(r"(?:on|in|at|by|from|it(?= can))\s++", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:or|either|neither|maybe|perhaps|possibly|both)\b|[^\s/]\s*/\s*[A-Za-z]|[,;]|\band\b", re.IGNORECASE
)


def without_lead_in(text: str) -> str:
    """The answer that a short sentence ends with; the text itself where it denies or weighs something."""
    match = _LEAD_IN.match(text)
    if match is None or match.end() == 0:
        return text
    lead_in = match[0]
    return text if denies(lead_in) or _CLUTTER.search(lead_in) else text[match.end() :]


def denies(text: str) -> bool:
    """It negates, weighs or compares, so that what follows may not be taken for the answer."""
    return _DENIES.search(text) is not None


def without_connector(text: str) -> str:
    match = _CONNECTED.match(text)
    return text[match.end() :] if match else text


def without_article(text: str) -> str:
    match = _ARTICLE.match(text) if text[:1] in ("a", "t", "A", "T") else None
    return text[match.end() :] if match else text


def without_place(text: str) -> str:
    match = _PLACE.match(text)
    return text[match.end() :] if match else text


def is_hedged(text: str) -> bool:
    """Several answers where one was asked for; used to name the reason, after nothing has matched."""
    return _HEDGE.search(text) is not None
