"""What a recipe says of ends: when a run gives up, and when it has enough."""

from typing import Annotated

from pydantic import Field

from ovlt_data.recipe.section import Section, Word


class Stop(Section):
    """When a run gives up instead of wasting money."""

    grace: float = Field(default=600.0, ge=0)
    """Seconds to wait while no replica answers."""
    max_failed: float = Field(default=0.2, gt=0, le=1)
    """Largest share of failed problems."""
    first_alike: int = Field(default=20, ge=1)
    """Stop when so many first problems all fail alike."""
    min_samples: int = Field(default=1, ge=1)
    """A problem with fewer samples than this has failed."""


class StopWhen(Section):
    """When there is enough: what is full is fed no further, and the first so many rows are kept."""

    rows: int | None = Field(default=None, ge=1)
    """Of the dataset, over all sources."""
    sources: dict[Word, Annotated[int, Field(ge=1)]] = {}
    """{source: rows of it}."""
