"""Repeated text: how much of a trace it has said before, word for word.

A milder fault than a loop (`loops`): a trace may restate its case again and again and still end.
"""

RUN = 8
"""Words that must return in a row: shorter runs return in any calculation."""


def share_repeated(text: str) -> float:
    """From 0 to 1: the share of the runs of eight words that stood in the text before."""
    words = text.casefold().split()
    runs = [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
