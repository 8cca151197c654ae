"""Where named files are looked for: beside the recipe first, then among those that come with ovlt.

Prompts and recipes stand at the top of the repository, where people look for them, and inside the wheel under
`_shipped`. Only this module knows of both.
"""

from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).parent
PROMPT_SUFFIX = ".jinja"

Kind = Literal["prompts", "recipes"]


def shipped(kind: Kind) -> Path:
    """The folder of the prompts or recipes that come with ovlt."""
    in_wheel = PACKAGE / "_shipped" / kind
    return in_wheel if in_wheel.is_dir() else PACKAGE.parent / kind


def find_prompt(name: str, *, beside: Path) -> Path | None:
    """A prompt by its path from `beside`, or by its name, with or without suffix, in a `prompts` folder."""
    places = (beside / name, *(folder / f"{stem(name)}{PROMPT_SUFFIX}" for folder in _prompt_folders(beside)))
    return next((place for place in places if place.is_file()), None)


def prompt_names(*, beside: Path) -> list[str]:
    """The names that `find_prompt` knows."""
    folders = _prompt_folders(beside)
    return sorted(
        {stem(path.relative_to(folder).as_posix()) for folder in folders for path in folder.rglob(f"*{PROMPT_SUFFIX}")}
    )


def stem(name: str) -> str:
    """A prompt's name without its suffix."""
    return name.removesuffix(PROMPT_SUFFIX)


def _prompt_folders(beside: Path) -> tuple[Path, Path]:
    return beside / "prompts", shipped("prompts")
