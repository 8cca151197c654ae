"""One row of a version as each trainer wants it.

TRL puts pictures before the words itself; all others want one `<image>` in the words for each picture, and stop, or
worse go on, where the numbers differ. Trainers whose reward gets one string of gold find everything packed in it.
Columns by the trainers' own sources: LLaMA-Factory data/README.md, EasyR1 verl/utils/dataset.py, verl
examples/data_preprocess/geo3k.py and multiturn_sft_dataset.py, ms-swift docs/source_en/Customization/Custom-dataset.md.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
from datasets import Features
from msgspec import Struct

from ovlt_data.answers.pack import Gold, pack_gold
from ovlt_data.publish.features import Kind, make_features
from ovlt_data.publish.rows import Embedded, Row

MARK = "<image>"

Record = dict[str, Any]
Convert = Callable[[Row], Record]

_TEXT = pa.string()
_PICTURES = pa.list_(pa.struct({"bytes": pa.binary(), "path": _TEXT}))
_MESSAGES = pa.list_(pa.struct({"role": _TEXT, "content": _TEXT}))
_TO_TRACE = {"id": _TEXT, "source": _TEXT}
"""In every export: the way back to the version."""


class Form(Struct, frozen=True):
    """How one trainer reads one kind of version."""

    convert: Convert
    schema: pa.Schema
    said: Callable[[Record], str]
    """Where its image marks stand."""
    marks: bool = True
    """Whether marks are wanted; TRL places pictures itself."""
    reward: str | None = None
    """The reward's file among ours."""


def _pictures(row: Row) -> list[dict[str, object]]:
    return [{"bytes": picture.data, "path": picture.name} for picture in row.images if isinstance(picture, Embedded)]


def _trace(row: Row) -> Record:
    return {name: row.values[name] for name in _TO_TRACE}


def _asked(row: Row) -> str:
    return MARK * len(row.images) + row.values["prompt"][0]["content"]


def _user(row: Row) -> dict[str, str]:
    return {"role": "user", "content": _asked(row)}


def pack_row(row: Row) -> str:
    """Its gold, as a reward unpacks it."""
    values = row.values
    return pack_gold(
        Gold(
            answer=values["answer"],
            answer_type=values["answer_type"],
            choices=tuple(values["choices"]),
            unit=values["unit"],
            precision=values["precision"],
            answers=tuple(values["answers"]),
        )
    )


def to_trl(row: Row) -> Record:
    """Its own columns are the version's."""
    values = {name: row.values[name] for name in _TRL_COLUMNS if name in row.values}
    return {"images": _pictures(row), **values}


def to_messages(row: Row) -> Record:
    """LLaMA-Factory, verl's SFT and ms-swift share this form."""
    messages = [_user(row), *row.values["completion"]]
    return {"messages": messages, "images": _pictures(row), **_trace(row)}


def to_swift_grpo(row: Row) -> Record:
    return {"messages": [_user(row)], "images": _pictures(row), "solution": pack_row(row), **_trace(row)}


def to_easyr1(row: Row) -> Record:
    return {"problem": _asked(row), "answer": pack_row(row), "images": _pictures(row), **_trace(row)}


def to_verl_grpo(row: Row) -> Record:
    return {
        "data_source": "ovlt",
        "prompt": [_user(row)],
        "images": _pictures(row),
        "ability": "visual_reasoning",
        "reward_model": {"style": "rule", "ground_truth": pack_row(row)},
        "extra_info": {"index": row.values["id"], "question": row.values["question"], "answer": row.values["answer"]},
        **_trace(row),
    }


_GOLD = ("answer", "answer_type", "choices", "unit", "precision", "answers")
_TRL_COLUMNS = ("images", "prompt", "completion", *_GOLD, "id", "source")
"""What TRL trains on, and what our reward asks for."""


def _trl_schema(kind: Kind) -> pa.Schema:  # pyright: ignore[reportUnknownParameterType]  # pyarrow has no types
    """The version's own types, so that `datasets` decodes the pictures."""
    whole = make_features(kind)
    return Features({name: whole[name] for name in _TRL_COLUMNS if name in whole}).arrow_schema


_CHAT = pa.schema({"messages": _MESSAGES, "images": _PICTURES, **_TO_TRACE})


def _first_message(record: Record) -> str:
    return record["messages"][0]["content"]


FORMATS: Mapping[str, Mapping[Kind, Form]] = {
    "trl": {
        "sft": Form(to_trl, _trl_schema("sft"), lambda record: record["prompt"][0]["content"], marks=False),
        "grpo": Form(to_trl, _trl_schema("grpo"), lambda record: record["prompt"][0]["content"], marks=False),
    },
    "llamafactory": {"sft": Form(to_messages, _CHAT, _first_message)},
    "easyr1": {
        "grpo": Form(
            to_easyr1,
            pa.schema({"problem": _TEXT, "answer": _TEXT, "images": _PICTURES, **_TO_TRACE}),
            lambda record: record["problem"],
            reward="easyr1",
        )
    },
    "verl": {
        "sft": Form(to_messages, _CHAT, _first_message),
        "grpo": Form(
            to_verl_grpo,
            pa.schema(
                {
                    "data_source": _TEXT,
                    "prompt": _MESSAGES,
                    "images": _PICTURES,
                    "ability": _TEXT,
                    "reward_model": pa.struct({"style": _TEXT, "ground_truth": _TEXT}),
                    "extra_info": pa.struct({"index": _TEXT, "question": _TEXT, "answer": _TEXT}),
                    **_TO_TRACE,
                }
            ),
            lambda record: record["prompt"][0]["content"],
            reward="verl",
        ),
    },
    "ms-swift": {
        "sft": Form(to_messages, _CHAT, _first_message),
        "grpo": Form(
            to_swift_grpo,
            pa.schema({"messages": _MESSAGES, "images": _PICTURES, "solution": _TEXT, **_TO_TRACE}),
            _first_message,
            reward="swift",
        ),
    },
}
"""By trainer, then by the version's kind."""
