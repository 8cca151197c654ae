"""What questions say about the form of their answer, and questions brought to one wording for comparison.

    How many bars are there?
    Answer the question using a single word or phrase.

Such tails (LLaVA's and the_cauldron's copies carry them) tell a student to answer without thinking, against its own
prompt. Only whole sentences at the end go: "Answer to the nearest whole number" and the like state what the gold is.
"""

import re

_FORM = (
    r"(?:a |one )?(?:single|short|one)[- ]?(?:word|phrase|sentence)\b.*",
    r"(?:only )?(?:the |an )?(?:correct )?(?:option|choice|answer)(?:['’]s)? (?:letter|number|index)\b.*",
    r"(?:only )?(?:the |a )?(?:single )?(?:letter|number) of the (?:correct |right )?(?:option|choice|answer)\b.*",
    r"(?:only )?(?:the )?(?:correct )?(?:letter|option|choice) (?:from|among|directly|only|at the end)\b.*",
    r"(?:only )?the (?:final )?answer(?:\s+only|\s+directly| at the end|, without explanation)?",
    r"as (?:briefly|short) as possible",
    r"yes or no",
)
_VERB = (
    r"(?:answer|respond to|reply to) (?:the|this|each) question (?:with|using|by giving|in)",
    r"(?:answer|respond|reply) (?:with|using|by giving|in)",
    r"(?:answer the question and )?(?:provide|give|write|output|select|choose)(?: me)?(?: the question)?(?: with)?",
)
_DIRECTLY = (
    r"(?:answer|respond|reply)(?: (?:the|this|to the|to this) question)? (?:directly|briefly|concisely|shortly)"
    r"(?: with[^.\n]*)?"
)
_BRIEF = (
    r"(?:make|keep) (?:the answer|your answer|it) (?:very )?(?:short|brief|concise)(?: and to the point)?",
    r"(?:give|write|offer|provide) a (?:very )?(?:brief|terse|succinct|concise|short)(?: and direct)? "
    r"(?:answer|reply|response)",
    r"your (?:answer|response) (?:should|must) be (?:very )?(?:brief|compact|concise)",
    r"(?:quick response, please|short answer required|concise answer only|be succinct|ensure brevity in your answer)",
    r"answer yes or no",
)
"""The Cauldron's, one of which it drew for each question."""
_SENTENCE = rf"(?:please )?(?:(?:{'|'.join(_VERB)}) (?:{'|'.join(_FORM)})|{_DIRECTLY}|{'|'.join(_BRIEF)})"
_TAIL = re.compile(rf"(?:(?<=[.?!:)])\s+|\s*\n\s*)(?:hint: )?{_SENTENCE}\s*[.!]?\s*\Z", re.IGNORECASE)


def strip_tail(question: str) -> str:
    """The question without orders about the form of its answer; a question that is nothing else stays."""
    stripped = _TAIL.sub("", question)
    return question if stripped == question else strip_tail(stripped)


def normalise_question(question: str) -> str:
    """The question's words alone, so that copies of one question compare equal: no tail, case or punctuation.

    Signs that change a formula's meaning stay.
    """
    return " ".join(re.findall(r"[^\W_]+|[-+*/=<>^°%$\\]", strip_tail(question).casefold()))
