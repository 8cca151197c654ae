"""The scanner of formulas: numbers, letters, operators, brackets, and nothing that is a word.

A word is no product of its letters: "on" is not "no". Up to three letters may be one (abc); known functions and Greek
letters are read by name, and any other command makes the text no formula of ours.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

MAX_TOKENS = 400
MAX_DIGITS = 256


class NotAFormula(ValueError):
    """The text can't be read as a formula, or is larger than any answer."""


_FUNCTION_NAMES = "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lg abs"
FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_GREEK_NAMES = r"""
\gamma \delta \epsilon \varepsilon \zeta \eta \iota \kappa \lambda \mu \nu \xi \rho \sigma \tau \upsilon \phi \varphi
\chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Phi \Psi \Omega
"""
GREEK = frozenset(_GREEK_NAMES.split())

_TOKEN = re.compile(
    r"(?P<mixed>\d{1,9} \d{1,9} ?/ ?\d{1,9}(?![\d.]))"
    r"|(?P<number>[1-9]\d{0,2}(?:,\d{3})++(?:\.\d*+)?(?![\d,])"
    r"|\d{1,3}(?: \d{3})++(?:\.\d++)?(?![\d.])|\d++\.?\d*+|\.\d++)"
    r"(?P<exponent>[eE][-+]?\d{1,5}+(?![\w.]))?"
    r"|(?P<command>\\[A-Za-z]++)"
    r"|(?P<word>[A-Za-z]++)"
    r"|(?P<power>\*\*|\^)"
    r"|(?P<sign>[-+*/!()\[\]{}√π_|])"
    r"|(?P<letter>[^\W\d_A-Za-z]|∞)"
    r"|(?P<space>\s++)"
)


class Token(NamedTuple):
    kind: str
    text: str


def tokens_of(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(tokens) > MAX_TOKENS:
            raise NotAFormula("not a formula")
        position = match.end()
        tokens.extend(_token(match))
    return tokens


def _token(match: re.Match[str]) -> list[Token]:
    kind, text = match.lastgroup or "", match[0]
    if kind == "space":
        return []
    if kind in ("number", "exponent"):
        return [Token("number", text)]
    if kind in ("command", "word") and text.lstrip("\\") in FUNCTIONS:
        return [Token("function", text.lstrip("\\"))]
    if kind == "word":
        return _word(text)
    if kind == "letter" or text == "π":
        return [Token("symbol", text)]
    if kind == "command" and text in GREEK:
        return [Token("symbol", text)]
    if kind == "command" and text not in (r"\frac", r"\sqrt"):
        raise NotAFormula("a command that is not known here")
    return [Token("^" if kind == "power" else kind if kind == "mixed" else text, text)]


def _word(word: str) -> list[Token]:
    """Up to three letters may be a product (abc); anything longer is a word."""
    if word == "sqrt":
        return [Token("√", word)]
    if word == "pi":
        return [Token("symbol", "π")]
    if len(word) > 3:
        raise NotAFormula("a word")
    return [Token("symbol", letter) for letter in word]


def constant(text: str) -> Fraction:
    """The value of one literal as it stands in a formula: `1,200`, `.5`, `1.2e6`."""
    mantissa, _, exponent = text.replace(",", "").replace(" ", "").lower().partition("e")
    if len(mantissa) > MAX_DIGITS:
        raise NotAFormula("too many digits")
    whole, _, decimals = mantissa.partition(".")
    return int(whole + decimals or "0") * power_of_ten(_exponent(exponent) - len(decimals))


@lru_cache(maxsize=1_024)
def power_of_ten(power: int) -> Fraction:
    return Fraction(10**power) if power >= 0 else Fraction(1, 10**-power)


def _exponent(text: str) -> int:
    power = int(text or "0")
    if abs(power) > 1_000:
        raise NotAFormula("the exponent is too large")
    return power
