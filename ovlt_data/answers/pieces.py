r"""Formulas of several parts, split where no bracket is open: (2, 3) · {1, 2} · 1 and 2 · ±3 · matrices."""

import re

MAX_PIECES = 64

_AND = re.compile(r"(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])|(?<=\d)or(?=[A-Za-z](?:\([a-z]\))? ?=)")
_COORDINATES = {"x", "y", "z"}
_ASSIGNED = re.compile(r"([A-Za-z]) ?=([^=]++)")
_ROWS = re.compile(r"\[ ?\[([^\[\]]*+(?:\] ?, ?\[[^\[\]]*+)*+)\] ?\]")
_MATRIX = re.compile(
    r"\\begin ?\{(?:[bpvBV]?matrix|array)\} ?(?:\{[lcr| ]*\})?(.*)\\end ?\{(?:[bpvBV]?matrix|array)\}", re.DOTALL
)


def tuple_pieces(text: str) -> list[str] | None:
    """Of (2, 3) or [2, 3): with the brackets as pieces, so that they are compared too."""
    text = text.strip()
    if text[:1] not in ("(", "[") or text[-1:] not in (")", "]"):
        return None
    pieces = at_commas(text[1:-1])
    return [text[0], *pieces, text[-1]] if pieces is not None and len(pieces) > 1 else None


def several(text: str) -> list[str] | None:
    """Of {1, 2}, "1, 2", "1 and 2" or ±1: values whose order says nothing."""
    text = text.strip().replace("\\{", "{").replace("\\}", "}")
    if text.startswith("{") and text.endswith("}") and _is_one_group(text):
        text = text[1:-1]
    pieces = at_commas(_AND.sub(",", text))
    if pieces is None:
        return None
    pieces = [sign for piece in pieces if piece for sign in _both_signs(piece)]
    return pieces if len(pieces) > 1 else None


def as_tuples(text: str) -> str:
    """ "p=5, q=2; p=7, q=2" as (5,2), (7,2); the text itself where letters that are no x, y, z are out of order."""
    groups = [_assigned(group) for group in text.split(";")]
    return ",".join(f"({','.join(values)})" for values in groups) if all(groups) else text


def _assigned(text: str) -> list[str]:
    found = [_ASSIGNED.fullmatch(piece) for piece in several(text) or ()]
    values = {match[1]: match[2].strip() for match in found if match is not None}
    letters = sorted(values)
    if len(letters) < len(found) or not (letters == list(values) or values.keys() <= _COORDINATES):
        return []
    return [values[letter] for letter in letters]


def matrix_pieces(text: str) -> list[str] | None:
    """Row by row, with the row ends as pieces; which brackets are drawn says nothing."""
    text = text.strip()
    listed = _ROWS.fullmatch(text)
    if listed is not None:
        rows = [row.split(",") for row in re.split(r"\] ?, ?\[", listed[1])]
        return [piece for row in rows for piece in (*(cell.strip() for cell in row), "\\\\")]
    if text[:1] in ("[", "(") and text[-1:] in ("]", ")"):
        text = text[1:-1].strip()
    match = _MATRIX.fullmatch(text)
    if match is None or "\\begin" in match[1]:
        return None
    rows = [row for row in match[1].split("\\\\") if row.strip()]
    return [piece for row in rows for piece in (*(cell.strip() for cell in row.split("&")), "\\\\")]


def at_commas(text: str) -> list[str] | None:
    """Split where no bracket is open; None where brackets do not match."""
    return _split(text, ",;")


def at_equals(text: str) -> list[str]:
    r"""The sides of an equation; \sum_{k=1} has none."""
    return _split(text, "=") or [text]


def _split(text: str, marks: str) -> list[str] | None:
    pieces, depth, start = list[str](), 0, 0
    for at, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth < 0:
                return None
        elif character in marks and depth == 0:
            pieces.append(text[start:at].strip())
            start = at + 1
    return [*pieces, text[start:].strip()] if depth == 0 else None


def _is_one_group(text: str) -> bool:
    return at_commas(text[1:-1]) is not None


def _both_signs(piece: str) -> list[str]:
    if piece.count("±") != 1:
        return [piece]
    before, after = piece.split("±")
    return [f"{before}+{after}" if before.strip(" =") else f"{before}{after}", f"{before}-{after}"]
