r"""A small reader of formulas: cleaned text in, a tree out, or None for whatever is not plainly a formula.

It knows numbers, letters, + - * / ^ !, \frac, \sqrt and brackets; nothing is ever evaluated by Python or sympy.
Two numbers side by side are no product ("5 3"). Bounded by construction: tokens, digits and nesting have limits.
"""

from fractions import Fraction
from typing import NamedTuple

from ovlt_data.answers.tokens import NotAFormula, Token, constant, tokens_of

MAX_DEPTH = 64


class Node(NamedTuple):
    kind: str
    """`number`, `symbol`, `+`, `*`, `/`, `^`, `!`, `negative`, or the name of a function: `sqrt`, `sin`, …"""
    parts: tuple["Node", ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""


_CLOSING = {"(": ")", "[": "]", "{": "}"}
_STARTS_ATOM = frozenset({"number", "symbol", "function", "(", "[", "{", "√", r"\sqrt", r"\frac"})


def read(text: str) -> Node | None:
    try:
        return _Reader(tokens_of(text)).whole()
    except NotAFormula:
        return None


class _Reader:
    """Recursive descent over the tokens; every bracket costs one level of depth."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._sum()
        if self._at != len(self._tokens):
            raise NotAFormula("something follows the formula")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _take(self) -> Token:
        if self._at >= len(self._tokens):
            raise NotAFormula("the formula ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _sum(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotAFormula("nested too deeply")
        node = self._product()
        while self._peek() in ("+", "-"):
            sign = self._take().kind
            term = self._product()
            node = Node("+", (node, Node("negative", (term,)) if sign == "-" else term))
        self._depth -= 1
        return node

    def _product(self) -> Node:
        node = self._signed()
        while True:
            following = self._peek()
            if following in ("*", "/"):
                self._take()
                node = Node(following, (node, self._signed()))
            elif following in _STARTS_ATOM:
                node = self._side_by_side(node)
            else:
                return node

    def _side_by_side(self, left: Node) -> Node:
        number_before = self._tokens[self._at - 1].kind == "number"
        following = self._peek()
        if following == "number":
            raise NotAFormula("two values side by side")
        right = self._power()
        if number_before and following == r"\frac" and _is_mixed(left, right):
            return Node("+", (left, right))
        return Node("*", (left, right))

    def _signed(self) -> Node:
        negative = False
        while self._peek() in ("+", "-"):
            negative ^= self._take().kind == "-"
        node = self._power()
        return Node("negative", (node,)) if negative else node

    def _power(self) -> Node:
        base = self._atom()
        while self._peek() == "!":
            self._take()
            base = Node("!", (base,))
        if self._peek() != "^":
            return base
        self._take()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotAFormula("nested too deeply")
        exponent = self._signed()
        self._depth -= 1
        return Node("^", (base, exponent))

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Node("number", value=constant(token.text))
        if token.kind == "mixed":
            return _mixed(token.text)
        if token.kind == "symbol":
            return Node("symbol", name=token.text + self._subscript())
        if token.kind in _CLOSING:
            return self._bracketed(token.kind)
        if token.kind == r"\frac":
            return Node("/", (self._argument(), self._argument()))
        if token.kind in ("√", r"\sqrt"):
            return self._root()
        if token.kind == "function":
            return self._function(token.text)
        raise NotAFormula("not the start of a value")

    def _bracketed(self, opening: str) -> Node:
        node = self._sum()
        if self._take().kind != _CLOSING[opening]:
            raise NotAFormula("brackets do not match")
        return node

    def _subscript(self) -> str:
        if self._peek() != "_":
            return ""
        self._take()
        token = self._take()
        if token.kind == "{":
            token = self._take()
            if self._take().kind != "}":
                raise NotAFormula("a long subscript")
        return "_" + token.text

    def _argument(self) -> Node:
        r"""Of \frac: a group, or one digit or letter (\frac92, \frac{1}2)."""
        if self._peek() == "number":
            token = self._take()
            if len(token.text) > 1:
                self._at -= 1
                self._tokens[self._at] = Token("number", token.text[1:])
            return Node("number", value=constant(token.text[0]))
        return self._atom()

    def _root(self) -> Node:
        index = Fraction(2)
        if self._peek() == "[":
            self._take()
            degree = self._bracketed("[")
            if degree.kind != "number":
                raise NotAFormula("the degree of a root is not a number")
            index = degree.value
        if self._depth >= MAX_DEPTH:
            raise NotAFormula("nested too deeply")
        self._depth += 1
        node = Node("sqrt", (self._atom(),), value=index)
        self._depth -= 1
        return node

    def _function(self, name: str) -> Node:
        """Of one bracketed argument only; `sin 30`, `log_2 8` and `sin^2 x` are the symbolic worker's."""
        opening = self._take().kind
        if opening not in _CLOSING:
            raise NotAFormula("a function without brackets")
        return Node(name, (self._bracketed(opening),))


def _is_mixed(whole: Node, fraction: Node) -> bool:
    if whole.kind == "negative":
        return False
    if whole.kind != "number" or fraction.kind != "/" or any(part.kind != "number" for part in fraction.parts):
        return False
    return whole.value.denominator == 1 and fraction.parts[0].value < fraction.parts[1].value


def _mixed(text: str) -> Node:
    whole, fraction = text.split(" ", 1)
    above, below = (Fraction(part.strip()) for part in fraction.split("/"))
    if above >= below:
        raise NotAFormula("not a mixed number")
    return Node("number", value=Fraction(whole) + above / below)
