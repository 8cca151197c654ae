"""What is wrong with a recipe, in words for a tired person: where, what was found, what was expected.

What was expected is read off the JSON schema, so that it says what the schema says, descriptions included.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ovlt_data.recipe.yaml import KeyPath

TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "minItems": "of a length of at least",
}
BAD_KEY = "[key]"
"""How pydantic's locations say that the key is wrong, not its value."""
Node = dict[str, Any]
"""Part of a JSON schema."""


def describe(error: ValidationError, written: Any, schema: Node) -> dict[KeyPath, str]:
    """Each wrong key of what was `written`, with what is wrong; `schema` is its kind's JSON schema."""
    found: dict[KeyPath, str] = {}
    for detail in error.errors(include_url=False):
        path = _cut(detail["loc"], written)
        found.setdefault(path, _word(detail, path, schema))
    return {path: text for path, text in found.items() if not _is_default(path, written, found)}


def _cut(loc: KeyPath, written: Any) -> KeyPath:
    """The part of pydantic's location that a person wrote, or should have: unions and short forms add to it."""
    path: KeyPath = ()
    for key in loc:
        if key != BAD_KEY and _holds(written, key):
            path, written = (*path, key), written[key]
            continue
        missing = isinstance(written, dict) and key != BAD_KEY
        return (*path, str(key).removesuffix("_")) if missing else path  # `from_` is our name for `from`
    return path


def _holds(value: Any, key: str | int) -> bool:
    if isinstance(value, dict):
        return key in value
    return isinstance(value, list) and isinstance(key, int) and key < len(value)


def _is_default(path: KeyPath, written: Any, found: Mapping[KeyPath, str]) -> bool:
    """Defaults of sources are merged into each: what is wrong with one is told once, where it stands."""
    if path[:2] != ("problems", "sources") or len(path) < 4:
        return False
    source, key = written["problems"]["sources"][path[2]], path[3]
    return key not in source and ("problems", "defaults", key) in found


def _word(detail: ErrorDetails, path: KeyPath, schema: Node) -> str:
    kind = detail["type"]
    if kind == "value_error":
        return str(detail["ctx"]["error"]) if "ctx" in detail else detail["msg"]
    if kind == "extra_forbidden":
        return _name_unknown(str(path[-1]), known=_keys(path[:-1], schema))
    if BAD_KEY in detail["loc"]:
        return f"is no name for this; expected {_phrase_names(path[:-1], schema)}"
    expected = _phrase(path, schema)
    if kind == "missing":
        return f"is missing; expected {expected}"
    return f"is {_show(detail['input'], expected)}; expected {expected}"


def _name_unknown(key: str, *, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"is no key here; did you mean `{near[0]}`?"
    return f"is no key here; expected one of: {', '.join(sorted(known))}"


def _show(value: Any, expected: str) -> str:
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list" if value else "an empty list"
        case str():
            return f"the text `{value[:60]}`" if value else "empty text"
        case bool():
            return "true" if value else "false"
        case _:
            return f"the number {value}" + (" (text of digits needs quotes)" if expected.startswith("text") else "")


def _phrase(path: KeyPath, schema: Node) -> str:
    """What may stand at a path."""
    return (
        " or ".join(dict.fromkeys(phrase for node in _at(path, schema) for phrase in _phrases(node)))
        or "something else"
    )


def _phrases(node: Node) -> Iterator[str]:
    if "enum" in node:
        yield f"one of {', '.join(node['enum'])}"
    elif "const" in node:
        yield f"`{node['const']}`"
    elif "pattern" in node:
        yield f"text. {node['description']}" if "description" in node else "other text"
    elif node.get("type") in TYPES:
        yield TYPES[node["type"]] + _bounds(node)


def _bounds(node: Node) -> str:
    bounds = [f"{word} {node[key]}" for key, word in BOUNDS.items() if key in node]
    return f", {' and '.join(bounds)}" if bounds else ""


def _phrase_names(path: KeyPath, schema: Node) -> str:
    for node in _at(path, schema):
        if "propertyNames" in node:
            return f"one of {', '.join(node['propertyNames']['enum'])}"
    return "letters, digits, `-` and `_`"


def _keys(path: KeyPath, schema: Node) -> list[str]:
    return [key for node in _at(path, schema) for key in node.get("properties", {})]


def _at(path: KeyPath, schema: Node) -> list[Node]:
    """The schema's alternatives for what stands at a path."""
    nodes = _unfold(schema, schema)
    for key in path:
        nodes = [inner for node in nodes for part in _inside(node, key) for inner in _unfold(part, schema)]
    return nodes


def _inside(node: Node, key: str | int) -> list[Node]:
    if isinstance(key, int):
        return [node["items"]] if "items" in node else []
    if key in node.get("properties", {}):
        return [node["properties"][key]]
    rest = node.get("additionalProperties")
    return [*node.get("patternProperties", {}).values(), *([rest] if isinstance(rest, dict) else [])]


def _unfold(node: Node, schema: Node) -> list[Node]:
    if "$ref" in node:
        return _unfold(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in node:
        return [inner for part in node["anyOf"] for inner in _unfold(part, schema)]
    return [node]
