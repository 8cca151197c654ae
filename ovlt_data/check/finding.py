"""What a check says of one thing."""

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warning", "wrong"]


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    level: Level
    what: str
    """Where in the recipe, as a key path."""
    says: str
