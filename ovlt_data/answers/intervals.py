"""Inequalities as intervals: x ≥ 2 is [2,∞), 1 < x ≤ 3 is (1,3], x ∈ [2,7] is [2,7], {x | x > 1} is (1,∞)."""

import re

_SIDE = r"[^<≤>≥=≠∈]+"
_BETWEEN = re.compile(
    rf"(?P<low>{_SIDE})(?P<first>[<≤]) *+[A-Za-z] *+(?P<second>[<≤])(?P<high>{_SIDE})"
    rf"|(?P<top>{_SIDE})(?P<third>[>≥]) *+[A-Za-z] *+(?P<fourth>[>≥])(?P<bottom>{_SIDE})"
)
_BOUND = re.compile(rf" *+[A-Za-z] *+(?P<relation>[<≤>≥])(?P<bound>{_SIDE})")
_REVERSED = re.compile(rf"(?P<bound>{_SIDE})(?P<relation>[<≤>≥]) *+[A-Za-z] *+")
_MEMBER = re.compile(r"^ *+[A-Za-z] *+∈ *+(?=[(\[])")
_BUILDER = re.compile(
    r"\\?\{ *+[A-Za-z](?: *+∈ *+(?:R|\\mathbb ?\{R\}))? *+(?:[:|]|\\mid)"
    r"(?P<rule>[^{}|:\\<>≤≥]*+[<>≤≥][^{}|:\\]*+)\\?\}"
)
_AND = re.compile(r"(?<![A-Za-z])and(?![A-Za-z])")
_OR = re.compile(r"∪|(?<![A-Za-z])or(?![A-Za-z])")
_MIRRORED = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}


def as_intervals(text: str) -> str:
    """The text itself where it is no inequality in one letter."""
    text = _MEMBER.sub("", text)
    builder = _BUILDER.fullmatch(text.strip())
    text = text if builder is None else builder["rule"]
    if not any(relation in text for relation in "<>≤≥"):
        return text
    return "∪".join(_as_interval(piece) for piece in _OR.split(text))


def union_pieces(text: str) -> list[str] | None:
    pieces = text.split("∪")
    return pieces if len(pieces) > 1 else None


def _as_interval(text: str) -> str:
    both = [_as_interval(piece) for piece in _AND.split(text)] if "and" in text else []
    if len(both) == 2:
        return _overlap(*sorted(both, key=lambda ray: "-∞," not in ray))
    between = _BETWEEN.fullmatch(text)
    if between is not None and between["low"]:
        return _spelled(between["first"] == "≤", between["low"], between["high"], between["second"] == "≤")
    if between is not None:
        return _spelled(between["fourth"] == "≥", between["bottom"], between["top"], between["third"] == "≥")
    bound = _BOUND.fullmatch(text)
    if bound is not None:
        return _ray(bound["relation"], bound["bound"])
    bound = _REVERSED.fullmatch(text)
    return text if bound is None else _ray(_MIRRORED[bound["relation"]], bound["bound"])


def _overlap(below: str, above: str) -> str:
    """ "x > 2 and x ≤ 5" is (2,5]."""
    if below.startswith("(-∞,") and above.endswith(",∞)"):
        return above.removesuffix("∞)") + below.removeprefix("(-∞,")
    return f"{below}∩{above}"


def _ray(relation: str, bound: str) -> str:
    if relation in "<≤":
        return _spelled(False, "-∞", bound, relation == "≤")
    return _spelled(relation == "≥", bound, "∞", False)


def _spelled(closed_low: bool, low: str, high: str, closed_high: bool) -> str:
    return f"{'[' if closed_low else '('}{low.strip()},{high.strip()}{']' if closed_high else ')'}"
