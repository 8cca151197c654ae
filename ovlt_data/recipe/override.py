"""`--set a.b=c`: one value of a recipe said on the command line, list entries by their number from 0."""

from typing import Any

from ovlt_data.recipe import yaml
from ovlt_data.recipe.yaml import KeyPath


def override(value: Any, text: str) -> tuple[Any, KeyPath]:
    """The recipe's value with one part said otherwise, and where; ValueError says what is wrong with `text`."""
    dotted, equals, said = text.partition("=")
    keys = dotted.strip().split(".")
    if not equals or not all(keys):
        raise ValueError("expected KEY.PATH=VALUE, such as reason.samples=8")
    try:
        new = yaml.parse(said)
    except yaml.YamlError as error:
        raise ValueError(f"the value {error}; expected YAML, in quotes for the shell") from error
    if new.problems:
        raise ValueError(f"the value {new.problems[0][2]}")
    changed = _assign(value, keys, new.value)
    return changed, _path(changed, keys)


def _assign(value: Any, keys: list[str], new: Any) -> Any:
    if not keys:
        return new
    key, *rest = keys
    match value:
        case None:
            return {key: _assign(None, rest, new)}
        case dict():
            return {**value, key: _assign(value.get(key), rest, new)}
        case list():
            index = _index(value, key)
            return [*value[:index], _assign(value[index], rest, new), *value[index + 1 :]]
        case _:
            raise ValueError(f"nothing can stand under {key}, since {value!r} stands in its place")


def _index(entries: list[Any], key: str) -> int:
    if key.isdecimal() and int(key) < len(entries):
        return int(key)
    raise ValueError(f"`{key}` is no entry of a list of {len(entries)}; expected its number, from 0")


def _path(value: Any, keys: list[str]) -> KeyPath:
    if not keys:
        return ()
    key, *rest = keys
    if isinstance(value, list):
        return (int(key), *_path(value[int(key)], rest))
    return (key, *_path(value[key], rest))
