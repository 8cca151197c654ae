"""TRL's configuration: the paper's values, then the recipe's, every name and type checked before anything loads."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec
from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from ovlt_data.errors import UsageError
from ovlt_data.recipe.train import TrainRecipe
from ovlt_train.batches import Batches

AnyConfig = TypeVar("AnyConfig", SFTConfig, GRPOConfig)

SHARED: dict[str, Any] = {
    "report_to": "none",
    "logging_steps": 1,
    "save_only_model": False,
    "disable_tqdm": True,
}
PAPER_SFT = SHARED | {
    # Table 7
    "learning_rate": 5e-7,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 0.1,  # a share of all steps, as every number under 1
    "num_train_epochs": 1,
    # Without it TRL cuts rows off at 1,024 tokens, pictures included.
    "max_length": None,
}
PAPER_GRPO = SHARED | {
    # Table 8
    "learning_rate": 1e-6,
    "weight_decay": 1e-2,
    "max_grad_norm": 1.0,
    "warmup_steps": 0,
    "temperature": 1.0,
    "scale_rewards": "group",  # Eq. 1: (r - mean) / std
    "loss_type": "grpo",  # Eq. 1: each reply's mean over its own tokens
    # Not in the paper; its released code has these.
    "lr_scheduler_type": "constant",
    "beta": 0.01,
    "epsilon": 0.2,
    "epsilon_high": 0.3,
    "delta": 3.0,
    "max_completion_length": 2048,
    "num_train_epochs": 1,
}


def make_config(
    kind: type[AnyConfig], recipe: TrainRecipe, batches: Batches, *, paper: Mapping[str, Any], output: Path
) -> AnyConfig:
    """Raises UsageError for a name or a value that TRL does not know."""
    _check(kind, recipe.trl)
    half = recipe.dtype == "bfloat16"
    fields = {**paper, **recipe.trl, **msgspec.structs.asdict(batches)}
    fields |= {"output_dir": str(output), "seed": recipe.seed, "bf16": half}
    fields["model_init_kwargs"] = {"dtype": recipe.dtype, **fields.get("model_init_kwargs", {})}
    try:
        return kind(**fields)
    except ValueError as error:
        raise UsageError(f"{recipe.path}: trl: {error}") from error


def _check(kind: type[AnyConfig], fields: Mapping[str, Any]) -> None:
    types = get_type_hints(kind)
    for name, value in fields.items():
        if name not in types:
            near = difflib.get_close_matches(name, types, n=1)
            advice = f"did you mean `{near[0]}`?" if near else f"expected a field of {kind.__name__}"
            raise UsageError(f"trl.{name}: is no field of TRL's {kind.__name__}; {advice}")
        _check_value(name, value, types[name])


def _check_value(name: str, value: Any, wanted: Any) -> None:
    try:
        TypeAdapter(wanted).validate_python(value)
    except PydanticSchemaGenerationError:
        return  # a type that pydantic can't look into: TRL will
    except ValidationError as error:
        raise UsageError(f"trl.{name}: is {value!r}; {error.errors()[0]['msg']}") from error
