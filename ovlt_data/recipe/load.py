"""Reading a recipe: everything that is wrong with it at once, each thing with its file, line and key path."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from ovlt_data import lookup
from ovlt_data.errors import RecipeError
from ovlt_data.recipe import yaml
from ovlt_data.recipe.export import json_schema
from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.override import override
from ovlt_data.recipe.place import Place
from ovlt_data.recipe.schema import Recipe
from ovlt_data.recipe.wording import describe
from ovlt_data.recipe.yaml import Document, KeyPath, YamlError

AnyRecipe = TypeVar("AnyRecipe", bound=RecipeFile)


class Fault(NamedTuple):
    """One thing that is wrong; they sort in the order of the file."""

    line: int
    where: str
    path: KeyPath
    what: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.where, ".".join(map(str, self.path)), self.what)))


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe of a dataset; see `load`."""
    return load(Recipe, path, overrides)


def load(kind: type[AnyRecipe], path: Path, overrides: Sequence[str] = ()) -> AnyRecipe:
    """A recipe that can run here: its keys, prompts, files and key variables are there; paths come out absolute.

    Overrides are what follows --set: `reason.samples=8`, `problems.sources.0.count=4`.
    """
    return _make(kind, _read(path, kind), overrides, path=path, file=path)


def make(kind: type[AnyRecipe], value: Mapping[str, Any], overrides: Sequence[str], *, path: Path) -> AnyRecipe:
    """The same of a value that no file holds; names in it start as if it stood at `path`."""
    return _make(kind, Document(value, {(): 0}, []), overrides, path=path, file=None)


def find_recipe(name: str) -> Path:
    """A recipe's file: `name` itself if it exists, else the one that comes with ovlt under that name."""
    path = Path(name)
    if path.exists():
        return path
    folder = lookup.shipped("recipes")
    plain = name.removeprefix("recipes/").removesuffix(".yaml")
    shipped = {file.relative_to(folder).with_suffix("").as_posix(): file for file in folder.rglob("*.yaml")}
    if plain not in shipped:
        raise RecipeError(
            [f"{name}: no such file; expected a recipe's path, or one of ovlt's own: {', '.join(sorted(shipped))}"]
        )
    return shipped[plain]


def _make(
    kind: type[AnyRecipe], document: Document, overrides: Sequence[str], *, path: Path, file: Path | None
) -> AnyRecipe:
    faults = [Fault(line, f"{path}:{line}", keys, what) for keys, line, what in document.problems]
    value, overridden = _override(document.value, overrides, faults)
    recipe = None
    try:
        recipe = kind.model_validate(value, context=Place(path.absolute(), os.environ))
    except ValidationError as error:
        wrong = describe(error, value, json_schema(kind)).items()
        faults += [_locate(keys, what, file=file, lines=document.lines, overridden=overridden) for keys, what in wrong]
    if recipe is None or faults:
        raise RecipeError([str(fault) for fault in sorted(faults)])
    return recipe


def _read(path: Path, kind: type[RecipeFile]) -> Document:
    keys = ", ".join(name for name, field in kind.model_fields.items() if field.is_required())
    try:
        document = yaml.parse(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError([f"{path}: no such file; expected a recipe"]) from None
    except UnicodeDecodeError as error:
        raise RecipeError(
            [f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}); expected YAML"]
        ) from None
    except OSError as error:
        raise RecipeError([f"{path}: can't be read: {error.strerror}; expected a recipe"]) from error
    except YamlError as error:
        raise RecipeError([f"{path}:{error.line}: {error}"]) from error
    if document.value is None:
        raise RecipeError([f"{path}: is empty; expected a recipe: {keys}, …"])
    if not isinstance(document.value, dict):
        raise RecipeError([f"{path}:1: holds no mapping; expected `key: value` lines: {keys}, …"])
    return document


def _override(value: Any, overrides: Sequence[str], faults: list[Fault]) -> tuple[Any, list[KeyPath]]:
    """The value as overridden, and where; what is wrong with an override joins the faults."""
    paths: list[KeyPath] = []
    for text in overrides:
        try:
            value, path = override(value, text)
        except ValueError as error:
            faults.append(Fault(0, f"--set {text.partition('=')[0]}", (), str(error)))
        else:
            paths.append(path)
    return value, paths


def _locate(
    path: KeyPath, what: str, *, file: Path | None, lines: dict[KeyPath, int], overridden: Sequence[KeyPath]
) -> Fault:
    """By its own line, else by that of what it stands in; an override has none, and what no file holds."""
    if any(path[: len(keys)] == keys for keys in overridden):
        return Fault(0, "--set", path, what)
    if file is None:
        return Fault(0, "", path, what)
    line = next(lines[path[:size]] for size in range(len(path), -1, -1) if path[:size] in lines)
    return Fault(line, f"{file}:{line}", path, what)
