"""What a run may spend, and what its models cost."""

from pydantic import Field

from ovlt_data.recipe.section import Section


class Price(Section):
    """Of a million tokens, in the currency of the budget."""

    prompt: float = Field(default=0.0, ge=0)
    """What the model reads, pictures included."""
    completion: float = Field(default=0.0, ge=0)
    """What it says, reasoning included."""


class Spending(Section):
    """Limits on what the run's folder sends in all its calls; what is in flight comes on top."""

    requests: int | None = Field(default=None, ge=1)
    """Sent, retries included."""
    tokens: int | None = Field(default=None, ge=1)
    """Of prompts and completions."""
    cost: float | None = Field(default=None, gt=0)
    """By the models' `price`."""


class Budget(Spending):
    """What a run may spend: then what is in flight is finished, and a larger budget takes it up again."""

    hours: float | None = Field(default=None, gt=0)
    """Of one call of `ovlt run`."""
    models: dict[str, Spending] = {}
    """Limits of single models, by their names above; the first that is reached ends the run."""
