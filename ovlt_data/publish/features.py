"""The columns of a dataset version, fixed here and never inferred from the rows.

Trainers read `images`, `prompt` and `completion`, and hand the rest to reward functions by name. Those get the
arguments `prompts`, `completions` and `completion_ids` from TRL already, so no column may be called that.
"""

from collections.abc import Iterable
from typing import Literal, get_args

from datasets import Features, Image, List, Value

from ovlt_data.publish.provenance import ROLES
from ovlt_data.types import ProbeName

SCHEMA_VERSION = 1
"""Part of every version's id: raised when columns or their meaning change."""

Kind = Literal["sft", "grpo"]

_TEXT, _COUNT = Value("string"), Value("int64")
_MESSAGES = List({"role": _TEXT, "content": _TEXT})
_BY_ROLE = dict.fromkeys(ROLES, _TEXT)

_TO_TRAIN_ON = {
    "sft": {"images": List(Image()), "prompt": _MESSAGES, "completion": _MESSAGES},
    "grpo": {"images": List(Image()), "prompt": _MESSAGES},
}
TO_KNOW = {
    "id": _TEXT,
    "problem_id": _TEXT,
    "source": _TEXT,
    "question": _TEXT,
    "answer": _TEXT,
    "answer_type": _TEXT,
    "choices": List(_TEXT),
    "unit": _TEXT,
    "precision": _COUNT,
    "answers": List(_TEXT),
    "caption": _TEXT,
    "n_samples": _COUNT,
    "n_correct": _COUNT,
    "n_wrong": _COUNT,
    "n_unscorable": _COUNT,
    "pass_rate": Value("float64"),
    "pass_rate_model": _TEXT,
    "models": _BY_ROLE,
    "prompt_hashes": _BY_ROLE,
    "response_key": _TEXT,
    "parents": List(_TEXT),
}
"""Beside what is trained on: what a row is, and where it comes from."""


OF_JUDGED = {"judge": _TEXT, "judge_prompt_hash": _TEXT}
"""Of a version whose recipe has a judge: who it is where the row rests on its word, else null."""

PROBE_RATES = frozenset(f"probe_{name}" for name in get_args(ProbeName))
"""A probe's pass rate; the counts behind it have longer names."""


def make_features(kind: Kind, further: Iterable[str] = ()) -> Features:
    """Columns of a kind of dataset, and further ones: a judge's, and those of the recipe's marks and probes."""
    return Features(_TO_TRAIN_ON[kind] | TO_KNOW | {name: _type_further(name) for name in further})


def list_further(names: Iterable[str]) -> list[str]:
    """Of a version's columns, those that not every version has."""
    return [name for name in names if name in OF_JUDGED or name.startswith(("mark_", "probe_"))]


def _type_further(name: str) -> Value:
    if name in OF_JUDGED:
        return OF_JUDGED[name]
    if name in PROBE_RATES:
        return Value("float64")
    return _COUNT if name.startswith("probe_") else Value("bool")
