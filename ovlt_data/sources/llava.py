"""Conversations in LLaVA's form, as LLaVA-OneVision-Data has them, from disk or from the Hub.

    {id, image, conversations: [{from: human, value}, {from: gpt, value}, …], data_source}

On disk: Parquet files in a folder, or in a sub-folder for each config, or one Parquet, JSON or JSONL file whose
pictures are named from its folder. Each question with its answer is a problem; those of a longer conversation are
told apart as `id#turn`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from ovlt_data.errors import RowError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import hub
from ovlt_data.sources.conversation import stated_answer, take_apart
from ovlt_data.sources.draft import Draft, Unfit, as_unusable
from ovlt_data.sources.rows import Row, convert, pictures
from ovlt_data.sources.source import Source
from ovlt_data.types import Unusable

LAYOUT = "rows of id, image, conversations in Parquet (a file, a folder, a folder for each config), JSON or JSONL"

_HUMAN = frozenset({"human", "user"})
_MODEL = frozenset({"gpt", "assistant"})


class _Turn(Struct, frozen=True):
    speaker: str = field(name="from")
    value: str


class _Conversation(Struct, frozen=True):
    conversations: tuple[_Turn, ...]
    id: str | int | None = None
    image: Any = None


def read(spec: SourceSpec) -> Iterator[Draft | Unusable]:
    rows, folder = hub.open_rows(spec, layout=LAYOUT)
    for row in rows:
        yield from _read_row(row, source=spec.source, folder=folder)


def _read_row(row: Row, *, source: str, folder: Path | None) -> Iterator[Draft | Unusable]:
    try:
        yield from _drafts(row, folder)
    except RowError as error:
        yield as_unusable(error, source=source, origin=str(row.values.get("id") or row.where))


def _drafts(row: Row, folder: Path | None) -> Iterator[Draft]:
    conversation = convert(row, to=_Conversation)
    pairs = _pair(conversation.conversations)
    images = pictures(conversation.image)
    name = row.where if conversation.id is None else str(conversation.id)
    for turn, (said, reply) in enumerate(pairs, 1):
        asked = take_apart(said)
        yield Draft(
            origin=name if len(pairs) == 1 else f"{name}#{turn}",
            question=asked.question,
            answer=stated_answer(reply),
            choices=asked.choices,
            images=images,
            folder=folder,
        )


def _pair(turns: Sequence[_Turn]) -> list[tuple[str, str]]:
    """What the human said with what the model said to it."""
    pairs = [
        (said.value, reply.value)
        for said, reply in pairwise(turns)
        if said.speaker in _HUMAN and reply.speaker in _MODEL
    ]
    if not pairs:
        speakers = ", ".join(turn.speaker for turn in turns) or "nobody"
        raise Unfit("no_question", f"no question with an answer: {speakers} spoke; expected human, then gpt")
    return pairs


SOURCE = Source(
    read=read,
    about="conversations about a picture, as in LLaVA-OneVision-Data (Li et al. 2024), from disk or from the Hub",
    licence="of each subset",
    homepage="https://huggingface.co/datasets/lmms-lab/LLaVA-OneVision-Data",
    layout=LAYOUT,
    citation="Li et al., LLaVA-OneVision: Easy Visual Task Transfer, arXiv 2408.03326; and each subset's own",
    size="of each subset",
    hub=True,
)
