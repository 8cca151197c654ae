"""Sentences of a trace, cut so that joined they are the text again.

A sentence ends at a line's end or at a full stop before white space. Decimals have no white space there; the dots of
abbreviations and of list numbers are passed over, and so is everything inside displayed maths.
"""

_ENVIRONMENTS = (
    "align",
    "aligned",
    "array",
    "bmatrix",
    "cases",
    "equation",
    "gather",
    "gathered",
    "matrix",
    "multline",
    "pmatrix",
    "split",
    "tabular",
    "vmatrix",
)
_MATHS = "|".join(
    (
        r"\$\$.+?\$\$",
        r"\\\[.+?\\\]",
        *(rf"\\begin\{{{name}{star}\}}.+?\\end\{{{name}{star}\}}" for name in _ENVIRONMENTS for star in ("", r"\*")),
    )
)
_NO_END = r"(?-u:\b)(?i:e\.g|i\.e|vs|approx|etc|mr|mrs|ms|dr|st|fig|eq|no|cf)\.\s+"
_END = r"[.!?…]+[\"'”’)\]*}]*\s+|\n\s*|$"
SENTENCE = rf"(?s)(?:(?m:^)\d+\.\s+)?(?:{_MATHS}|{_NO_END}|.)*?(?:{_END})"
"""With the white space that follows it, or nothing at the text's end; for the expressions of polars."""
