"""The place where a recipe is loaded: its folder, the files beside it, the environment.

Paths start at the recipe's folder and come out absolute, so that a resolved recipe means the same anywhere. Without
a place (a recipe built in code, or read on another machine) names are left as they stand.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationInfo

from ovlt_data import lookup

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
DATA_SUFFIXES = frozenset({".jsonl", ".json", ".parquet", ".csv", ".arrow", ".txt", ".zip", ".gz"})
"""A name that ends like a file is meant as one, though `data/rows.jsonl` would do as a Hub id."""


class Place(NamedTuple):
    path: Path
    """The recipe's file, absolute."""
    environment: Mapping[str, str]

    @property
    def folder(self) -> Path:
        return self.path.parent


def find_data(name: str, info: ValidationInfo) -> str:
    """A local path if it exists, else a Hub id."""
    if not isinstance(info.context, Place):
        return name
    path = local(name, info.context)
    if path.exists():
        return str(path)
    if HUB_ID.fullmatch(name) and path.suffix not in DATA_SUFFIXES:
        return name
    raise ValueError(f"no such file or folder: {path}; expected a path from the recipe's folder, or a Hub id")


def find_made(name: str, info: ValidationInfo) -> str:
    """What an earlier step makes, and may not have made yet: a local path, or a Hub id where nothing is there."""
    if not isinstance(info.context, Place):
        return name
    path = local(name, info.context)
    return name if HUB_ID.fullmatch(name) and not path.exists() else str(path)


def find_table(name: str, info: ValidationInfo) -> str:
    """A local file or folder of rows, which must exist."""
    if not isinstance(info.context, Place):
        return name
    path = local(name, info.context)
    if path.exists():
        return str(path)
    raise ValueError(f"no such file or folder: {path}; expected a table: .jsonl, .parquet or a folder of Parquet files")


def find_prompt(name: str, info: ValidationInfo) -> str:
    """A prompt beside the recipe as its path; one that comes with ovlt keeps its name."""
    if not isinstance(info.context, Place):
        return name
    folder = info.context.folder
    found = lookup.find_prompt(name, beside=folder)
    if found is None:
        known = ", ".join(lookup.prompt_names(beside=folder))
        raise ValueError(f"no prompt `{name}`; expected a file from the recipe's folder, or one of: {known}")
    return lookup.stem(name) if found.is_relative_to(lookup.shipped("prompts")) else str(found)


def make_path(name: str, info: ValidationInfo) -> str:
    """A local path, which need not exist yet."""
    return str(local(name, info.context)) if isinstance(info.context, Place) else name


def make_absolute(names: list[str], info: ValidationInfo) -> list[str]:
    """Local paths, which need not exist yet."""
    return [make_path(name, info) for name in names]


def is_local(name: str, info: ValidationInfo) -> bool:
    """Whether a model's id is a path: by its form, or because it stands here."""
    if name.startswith(("/", "./", "../", "~")):
        return True
    return isinstance(info.context, Place) and local(name, info.context).exists()


def local(name: str, place: Place) -> Path:
    """`name` as a path from the recipe's folder, without `..` and without following links."""
    return Path(os.path.normpath(place.folder / Path(name).expanduser()))
