"""YAML 1.2's scalars over PyYAML's parser, which reads those of 1.1.

So 1e-6 is a number, `no` and `on` are words, 12:30 and 2025-01-01 stay text, 0o17 is octal; and as in Python,
200_000_000 is a number. A key said twice is an error. Every value's line is kept, so that what is wrong with it can
be found.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top: ("problems", "sources", 0, "count")."""


class Document(NamedTuple):
    value: Any
    lines: dict[KeyPath, int]
    """From 1, of every key and list entry."""
    problems: list[tuple[KeyPath, int, str]]
    """Keys said twice and the like, after which the rest can still be read."""


class YamlError(Exception):
    """Text that can't be read on."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


class Scalar(NamedTuple):
    form: re.Pattern[str]
    first: tuple[str, ...]
    """What it can begin with."""
    read: Callable[[str], Any]


def _read_null(_: str) -> None:
    return None


def _read_bool(text: str) -> bool:
    return text.lower() == "true"


def _read_int(text: str) -> int:
    return int(text, 0 if text[:2] in {"0o", "0x"} else 10)


def _read_float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


TAG = "tag:yaml.org,2002:"
DIGITS = r"[0-9]+(?:_[0-9]+)*"
INT = rf"[-+]?{DIGITS}|0o[0-7]+|0x[0-9a-fA-F]+"
FLOAT = rf"[-+]?(?:\.[0-9]+|{DIGITS}(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
SCALARS = {
    TAG + "null": Scalar(re.compile(r"(?:~|null|Null|NULL|)\Z"), (*"~nN", ""), _read_null),
    TAG + "bool": Scalar(re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), (*"tTfF",), _read_bool),
    TAG + "int": Scalar(re.compile(rf"(?:{INT})\Z"), (*"-+0123456789",), _read_int),
    TAG + "float": Scalar(re.compile(rf"(?:{FLOAT})\Z"), (*"-+.0123456789",), _read_float),
}
"""The core schema by tag; the first form that fits a plain word decides, and what fits none is text."""


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}


_OLD_BREAKS = frozenset("\x85\u2028\u2029")


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would read as more than text, since other tools read 1.1."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        """Line breaks that only YAML 1.1 knows are escaped, which double quotes alone can do."""
        style = '"' if _OLD_BREAKS.intersection(data) else None
        return self.represent_scalar(TAG + "str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)

for _tag, _scalar in SCALARS.items():
    _Loader.add_implicit_resolver(_tag, _scalar.form, list(_scalar.first))
    _Dumper.add_implicit_resolver(_tag, _scalar.form, list(_scalar.first))


def parse(text: str) -> Document:
    """Plain values with their lines, and all that is wrong with keys at once."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _place(error) from error
    except yaml.YAMLError as error:
        raise YamlError(1, f"is not YAML: {error}") from error
    reader = _Reader()
    value = None if node is None else reader.read(node, ())
    return Document(value, reader.lines, reader.problems)


def dump(value: Any) -> str:
    """Text that `parse` reads back to the same value."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Reader:
    """Nodes to values, taking down lines and problems on the way."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[tuple[KeyPath, int, str]] = []
        self._open: list[yaml.Node] = []

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        self.lines.setdefault(path, _line(node))
        if any(node is outer for outer in self._open):
            return self._refuse(node, path, "is an alias of what it stands in; expected a value")
        if isinstance(node, yaml.ScalarNode):
            return self._read_scalar(node, path)
        if node.tag not in {TAG + "map", TAG + "seq"}:
            return self._refuse_tag(node, path)
        self._open.append(node)
        value = self._read_mapping(node, path) if isinstance(node, yaml.MappingNode) else self._read_list(node, path)
        self._open.pop()
        return value

    def _read_mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                self._refuse(key_node, path, "has a list or a mapping as a key; expected a word")
            elif key in values:
                first = self.lines[*path, key]
                self._refuse(key_node, (*path, key), f"is there twice, first in line {first}; expected each key once")
            else:
                self.lines[*path, key] = _line(key_node)
                values[key] = self.read(value_node, (*path, key))
        return values

    def _read_list(self, node: yaml.Node, path: KeyPath) -> list[Any]:
        return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]

    def _read_scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        if node.tag == TAG + "str":
            return node.value
        scalar = SCALARS.get(node.tag)
        if scalar and scalar.form.match(node.value):
            return scalar.read(node.value)
        return self._refuse_tag(node, path)

    def _refuse_tag(self, node: yaml.Node, path: KeyPath) -> Any:
        return self._refuse(node, path, f"has the tag {node.tag}; expected a plain value")

    def _refuse(self, node: yaml.Node, path: KeyPath, what: str) -> Any:
        self.problems.append((path, _line(node), what))


def _place(error: yaml.MarkedYAMLError) -> YamlError:
    begun = f" {error.context} begun in line {error.context_mark.line + 1}" if error.context_mark else ""
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    return YamlError(line, f"is not YAML: {error.problem}{begun}")


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
