"""Words by which a trace gives away that its writer read a caption and saw no picture.

A student sees the picture: one that learns to quote "the description" makes one up, and learns to doubt what it sees.
The pattern is in the syntax that Python and polars share. Plain uses of the words are spared: a problem's description,
a figure described as something, "the caption" of a chart's own print ("the figure's caption reads").
"""

_TEXT = r"(?:caption|description|textual depiction)"
_OWN = r"(?:problem|question|task|statement|word|job|product)"

LEAKAGE = "(?i)" + "|".join(
    (
        rf"\b(?:the|this|that) (?:given |provided |above |image |image's |picture |figure |visual |scene |detailed )*{_TEXT}"
        rf"(?: (?:of the|of this) (?:image|picture|figure|scene|diagram|chart|table))?"
        r",? (?:says|said|states|stated|mentions|mentioned|does|doesn|did|do not|didn|is|was|isn|wasn|only|gives|gave|"
        r"lists|listed|notes|noted|tells|told|describes|names|provides|provided|specifies|specified|indicates|"
        r"indicated|implies|suggests|shows|might|may|could|seems|lacks|has|had|above|given|here|again|step by step|"
        r"with the question)\b",
        rf"\b(?:based on|according to|from|per|in|given|by|using|as per|reading|read|through|back to|look(?:ing)? at|"
        rf"check(?:ing)?|relying on|rely on|only have) (?:only )?(?:the|this|that|a) "
        rf"(?:given |provided |above |image |image's |picture |figure |visual |scene |detailed )*{_TEXT}"
        rf"(?:s)?(?: (?:of the|of this) (?:image|picture|figure|scene|diagram|chart|table|given|provided)|[.,;:?!)]|$|\n|"
        rf" (?:provided|given|above|alone|again|step|with|it|that|we|i|there|and|but|only|says|states|mentions)\b)",
        rf"\b(?:image|picture|photo|scene)(?:'s)? (?:caption|description)\b",
        r"\b(?:description|caption)s? (?:of the (?:image|picture|photo|scene|diagram)|(?:i was|we were|i am|i'm) given)\b",
        r"\b(?:as|the (?:image|picture|scene|figure|diagram|chart)(?: is| was)?) described in the (?:caption|text|prompt)\b",
        r"\b(?:i|we) (?:can(?:no|')t|am unable to|are unable to|could ?n[o']t|do(?:n't| not)) (?:actually |directly )?"
        r"(?:see|view|have access to|look at) (?:the|this|any) (?:actual )?(?:image|picture|photo|figure|diagram|chart|visual)",
        r"\b(?:without|not) (?:actually |directly )?(?:seeing|being able to see|having) the (?:actual )?"
        r"(?:image|picture|photo|figure|diagram|chart)",
    )
)
"""For `re` and for polars' `str.contains`."""
