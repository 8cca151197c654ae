"""What reads as a formula, and what as words or signs that no algebra knows.

Only formulas are ever compared as formulas. That keeps words from being products of their letters, and it keeps from
math-verify what it would misread: it drops a command that it doesn't know and takes what is left for the whole.
"""

import re

from ovlt_data.answers.tokens import FUNCTIONS, GREEK

_KNOWN_NAMES = r"""
\frac \sqrt \sin \cos \tan \cot \sec \csc \arcsin \arccos \arctan \sinh \cosh \tanh \log \ln \lg \exp \lim \sum \prod
\int \iint \oint \partial \binom \dbinom \tbinom \overline \bar \vec \hat \mathbb \setminus \subset \subseteq \notin
\cdots \ldots \dots \mod \pmod \bmod \gcd \lcm \min \max \lfloor \rfloor \lceil \rceil \lvert \rvert \vert \mid \det
\prime \begin \end \infinity \to
"""
_KNOWN = frozenset(_KNOWN_NAMES.split()) | GREEK
_COMMAND = re.compile(r"\\(?:begin|end) ?\{[a-z*]+\}|\\[A-Za-z]+")
_NAME_OF_COMMAND = re.compile(r"\\[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
_OPERATOR = re.compile(r"[\d+*/^=<>≤≥≠()\[\]\\π√∪∞±]|(?<=[A-Za-z]) ?- ?(?=[A-Za-z])")
_JOINT = frozenset({"and", "or", "sqrt", "pi"})
_FUNCTION = re.compile(r"\\(?!frac\b|sqrt\b)[A-Za-z]{2,}|\b(?:sin|cos|tan|log|ln|exp|arc[a-z]{3})\b")


def is_clearly_formula(text: str) -> bool:
    """As a gold of no declared type: it holds a digit, a relation or TeX, and no word."""
    return not is_words(text) and _OPERATOR.search(text) is not None


def has_command(text: str) -> bool:
    return _COMMAND.search(text) is not None


def has_function(text: str) -> bool:
    """A formula whose value only the symbolic worker can find."""
    return _FUNCTION.search(text) is not None and not is_words(text)


def is_words(text: str) -> bool:
    """Letters that stand for a word and not for a product ("on", "domain"; not 2xy), or signs such as \\rightarrow."""
    if any(command not in _KNOWN for command in _NAME_OF_COMMAND.findall(text)):
        return True
    bare = _COMMAND.sub(" ", text)
    words = [word for word in _WORD.findall(bare) if word.lower() not in FUNCTIONS and word not in _JOINT]
    if not words:
        return False
    if _WORDS.search(bare) and len(words) > 1:
        return True
    return any(len(word) > 3 and not word.isupper() for word in words) or _OPERATOR.search(text) is None
