"""What every kind of recipe is: a named file of strict sections that knows where it stands."""

from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr

from ovlt_data.recipe.place import Place
from ovlt_data.recipe.section import Section


class RecipeFile(Section):
    """The outermost mapping of a recipe."""

    name: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?$")
    """Of the folder runs/NAME: letters, digits, `.`, `_`, `-`."""

    _path: Path = PrivateAttr(default=Path("recipe.yaml"))

    @property
    def path(self) -> Path:
        """The file it was loaded from."""
        return self._path

    @property
    def folder(self) -> Path:
        """Where its paths start."""
        return self._path.parent

    def model_post_init(self, context: Any, /) -> None:
        if isinstance(context, Place):
            self._path = context.path
