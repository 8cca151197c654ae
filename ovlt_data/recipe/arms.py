"""What a comparison is: one recipe and several ways to say it otherwise."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.loop import AnyEvaluation, AnyTraining, Base
from ovlt_data.recipe.section import LocalPath, Word

ArmName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class ArmsTraining(Base):
    """What the arms are worth to a student: each version trained in the same way, with the same seeds, and scored."""

    evaluate: AnyEvaluation
    """How every student is scored, and the base model."""
    sft: AnyTraining
    """From the base model, for every arm."""
    seeds: list[int] = Field(default=[0], min_length=1)
    """Of the training: a student for each arm and seed."""


class ArmsRecipe(RecipeFile):
    """Versions that differ in what is compared, and in nothing else."""

    model_config = ConfigDict(title="ovlt arms recipe")

    seed: int = 0
    """Of the choice among rows where arms are cut to be equal."""
    base: LocalPath
    """The recipe that all arms share."""
    arms: dict[ArmName, dict[Word, Any]] = Field(min_length=1)
    """By name: what each says otherwise, as {key.path: value}, such as {reason.samples: 8}; {} is the base itself."""
    equal: Literal["rows", "tokens"] | None = None
    """Cut all arms to as many rows, or completion tokens, as the smallest has: by a hash, so that they share rows."""
    train: ArmsTraining | None = None
    """Left out: the versions are compared, and nothing is trained."""
