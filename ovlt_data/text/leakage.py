"""Words by which a trace gives away that its writer read a caption and saw no picture.

A student sees the picture: one that learns to quote "the description" makes one up, and learns to doubt what it sees.
Plain uses of the words are spared: a problem's description, a figure described as having two sides, what a chart's own
caption reads. The pattern is in the syntax that Python and polars share.
"""

import re

_PICTURE = r"(?:image|picture|photo|figure|scene|diagram|chart|table|visual)"
_TEXT = (
    r"(?:given |provided |above |detailed |image |picture |figure |scene |visual |image's )*(?:caption|description)"
    rf"(?: of (?:the|this) {_PICTURE})?"
)
_SAYS = (
    r"(?:says|said|states|stated|mentions|mentioned|does|doesn|did|didn|is|was|isn|wasn|only|gives|gave|lists|listed|"
    r"notes|noted|tells|told|describes|names|provides|provided|specifies|specified|indicates|indicated|implies|"
    r"suggests|shows|might|may|could|seems|lacks|has|had|above|given|here|again|step by step|with the question)"
)
_BY = (
    r"(?:based on|according to|from|per|in|given|by|using|reading|read|through|back to|look(?:ing)? at|check(?:ing)?|"
    r"relying on|rely on|only have)"
)
_END = (
    r"(?:s?(?:[.,;:?!)]|$|\n)|s? (?:provided|given|above|alone|again|step|with|it|that|we|i|there|and|but|only)\b|"
    rf" of (?:the|this) {_PICTURE})"
)
_CANNOT = r"(?:can(?:no|')t|am unable to|are unable to|couldn't|could not|don't|do not)"

_SIGNS = (
    rf"\b(?:the|this|that) {_TEXT},? {_SAYS}\b",
    rf"\b{_BY} (?:only )?(?:the|this|that|a) {_TEXT}{_END}",
    r"\b(?:image|picture|photo|scene)(?:'s)? (?:caption|description)\b",
    rf"\b(?:caption|description)s? of the {_PICTURE}\b",
    r"\b(?:caption|description) (?:i was|we were|i am|i'm) given\b",
    r"\bdescribed in the (?:caption|text|prompt)\b",
    rf"\b(?:i|we) {_CANNOT} (?:actually |directly )?(?:see|view|have access to|look at) (?:the|this|any) "
    rf"(?:actual )?{_PICTURE}",
    rf"\bwithout (?:actually |directly )?(?:seeing|being able to see) (?:the|this) (?:actual )?{_PICTURE}",
)
LEAKAGE = "(?i)" + "|".join(_SIGNS)
"""For `re` and for the expressions of polars."""
_PATTERN = re.compile(LEAKAGE, re.ASCII)  # as curation reads it


def leaks(*texts: str) -> bool:
    """Whether any of the texts speaks of a caption."""
    return any(_PATTERN.search(text) for text in texts)
