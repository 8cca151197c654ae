"""Taking training up where it stood.

Trainer's own resume loses the weights of Qwen2.5-VL: transformers 5 saves them under the names of the Hub, then loads
them into a model that has others, and says so in one warning. Training would go on from the base model with the old
optimizer. So the weights are put in here, and Trainer adds optimizer, schedule, data order and random states. The
model is opened where training began all the same: GRPO's reference, which the KL term keeps it near, is that one.
An adapter has no such names, and is loaded by Trainer onto its base.
"""

import json
import re
from pathlib import Path
from typing import Any

from accelerate.data_loader import get_sampler
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ovlt_data.errors import UsageError
from ovlt_data.recipe import resolved_yaml
from ovlt_data.recipe.train import TrainRecipe
from ovlt_train.record import read_record

STATE = "trainer_state.json"
"""Written last into a checkpoint."""
STARTED = "recipe.yaml"
ROUNDING = 1e-6
"""The state counts epochs in shares of one."""


def output_of(recipe: TrainRecipe) -> Path:
    return Path(recipe.output) if recipe.output else Path("runs") / recipe.name


def begin(recipe: TrainRecipe, output: Path) -> bool:
    """Claim the output's folder; False where this training has ended already.

    Raises UsageError where another one's checkpoints stand there. What is there already is not written again:
    several processes of one training read it.
    """
    output.mkdir(parents=True, exist_ok=True)
    started, ours = output / STARTED, resolved_yaml(recipe)
    if started.is_file() and started.read_text("utf-8") != ours:
        raise UsageError(f"{output}: holds another training ({started} differs); expected another name or output")
    if not started.is_file():
        started.write_text(ours, "utf-8")
    return read_record(output) is None


def last_checkpoint(output: Path) -> str | None:
    """The newest whole one: a killed save leaves a part."""
    found = sorted(output.glob("checkpoint-*"), key=_step, reverse=True)
    return next((str(path) for path in found if _is_whole(path)), None)


def restore_weights(model: Any, checkpoint: str) -> None:
    """Raises RuntimeError where a weight is missing or left over."""
    saved = type(model).from_pretrained(checkpoint, dtype=model.dtype)
    model.load_state_dict(saved.state_dict())


class SkipDrawnOrders(TrainerCallback):
    """GRPO's sampler draws each epoch's order from one generator, which no checkpoint holds: draw what was drawn."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        sampler: Any = get_sampler(kwargs["train_dataloader"])
        for _ in range(int((state.epoch or 0) + ROUNDING)):
            next(iter(sampler))


def _step(path: Path) -> int:
    found = re.search(r"\d+$", path.name)
    return int(found[0]) if found else -1


def _is_whole(path: Path) -> bool:
    try:
        json.loads((path / STATE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return True
