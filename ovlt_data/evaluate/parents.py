"""What a training gained shows only beside the model that it began from: one that isn't in the table is named."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from ovlt_data.evaluate.score import Score
from ovlt_data.recipe.evaluate import EvalModel

RECORD = "ovlt_train.json"


class Trained(Struct, frozen=True):
    """What stands beside a trained model, as far as it is looked at."""

    model: str
    parent: str
    """The hash of its weights, or its Hub id with the commit."""


def tell_missing(models: Mapping[str, EvalModel], scores: Sequence[Score]) -> Iterator[str]:
    """A line for each trained model, known by its folder, whose parent has no score."""
    weights = {score.weights for score in scores}
    there = weights | {part for name in weights for part in name.split("@")}
    for name, model in models.items():
        record = Path(model.model or "") / RECORD
        if not model.model or not record.is_file():
            continue
        trained = msgspec.json.decode(record.read_bytes(), type=Trained)
        if there.isdisjoint({trained.parent, trained.parent.partition("@")[0]}):
            yield (
                f"{name} was trained from {trained.model}, which has no score here: what the training gained does not "
                "show. Score it under the same --name"
            )
