"""What a mixture is: how many rows of which source, how hard, what is kept out, what is held back."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.section import LocalPath, LocalPaths, Section, Word
from ovlt_data.types import ProbeName

Share = Annotated[float, Field(gt=0, le=1)]


class Quota(Section):
    """How much of one source is taken: exactly one of these."""

    count: int | None = Field(default=None, ge=0)
    """Rows."""
    share: Share | None = None
    """Of `total`."""
    weight: float | None = Field(default=None, gt=0)
    """Of what `total` leaves beside counts and shares, in proportion to the other weights."""

    @field_validator("weight")
    @classmethod
    def _is_the_only_one(cls, weight: float | None, info: ValidationInfo) -> float | None:
        said = [value for value in (info.data.get("count"), info.data.get("share"), weight) if value is not None]
        if len(said) != 1:
            raise ValueError("stands beside count or share, or none of them is there; expected exactly one")
        return weight


class PassRate(Section):
    """How hard problems may be for a model: the share of its samples that were correct."""

    of: ProbeName | None = None
    """A probe's pass rate; rows of problems that it does not ask stay. Left out: that of the samples."""
    min: float = Field(default=0.0, ge=0, le=1)
    """Least pass rate."""
    max: float = Field(default=1.0, ge=0, le=1)
    """Highest pass rate."""
    from_: LocalPath | None = Field(default=None, alias="from")
    """Run or version that says how often a model was right; left out: the rows' own pass rate."""
    model: Word | None = None
    """Its identity, as `pass_rate_model` has it; rows rated by another are left out."""


class Validation(Section):
    """Rows held back in a split of their own, which shares no picture and no problem with the others."""

    share: float = Field(gt=0, lt=1)
    """Of the rows of each source, as near as pictures that belong together allow."""


class Mix(Section):
    """Which rows are taken. Among equals a hash decides, so that a few more rows change few picks."""

    total: int | None = Field(default=None, ge=1)
    """Rows in all, validation included; left out: as many as there are."""
    tokens: int | None = Field(default=None, ge=1)
    """Most completion tokens in all: of what is taken, the first by their hash that fit."""
    sources: dict[Word, Quota] = {}
    """By source; others are left out. Left out: all, in the proportion in which they come."""
    max_share: Share | None = None
    """Largest share of any source."""
    per_problem: int | None = Field(default=None, ge=1)
    """Most rows of one problem."""
    pass_rate: PassRate | None = None
    """How hard problems may be."""
    exclude: LocalPaths | None = None
    """Versions whose problems and pictures are left out."""
    validation: Validation | None = None
    """A second split."""
    on_short: Literal["fail", "fill", "report"] = "fail"
    """When a source has too few rows: stop; take more of the others; or make do and say so."""

    @field_validator("sources")
    @classmethod
    def _shares_need_a_total(cls, sources: dict[str, Quota], info: ValidationInfo) -> dict[str, Quota]:
        if "total" not in info.data or info.data["total"] is not None:
            return sources
        relative = [name for name, quota in sources.items() if quota.count is None]
        if relative:
            raise ValueError(f"has shares or weights ({', '.join(relative)}); expected `total` beside them")
        return sources


class MixRecipe(RecipeFile):
    """A dataset version made from others."""

    model_config = ConfigDict(title="ovlt mix recipe")

    seed: int = 0
    """Of every choice among rows."""
    from_: LocalPaths = Field(alias="from")
    """Versions or runs, of one kind; of a row that stands in several, the first one's is taken."""
    mix: Mix = Mix()
    """Which rows are taken."""
