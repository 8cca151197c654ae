"""The reward that GRPO pays: the one grader's verdict, on columns that stand in every GRPO dataset version.

The paper's rule: 1 for a correct final answer, 0 for any other, no part for the form. An answer that the grader could
not decide gives None, which TRL leaves out of the group, so that a fault of ours punishes no completion.
"""

from collections.abc import Sequence
from typing import Any

from ovlt_data.answers import grade, symbolic
from ovlt_data.types import AnswerType, Verdict

REWARDS = {"correct": 1.0, "wrong": 0.0, "unscorable": None}


def correct_answer(
    completions: Sequence[Any],
    answer: Sequence[str],
    answer_type: Sequence[AnswerType],
    choices: Sequence[Sequence[str]],
    unit: Sequence[str],
    precision: Sequence[int | None],
    answers: Sequence[Sequence[str]],
    **_: object,
) -> list[float | None]:
    """One reward per completion; a TRL reward function. Completions are texts, or chats of one assistant message."""
    symbolic.start()
    golds = zip(answer, answer_type, choices, unit, precision, answers, strict=True)
    return [REWARDS[_grade(_text(said), *gold).status] for said, gold in zip(completions, golds, strict=True)]


def _grade(
    text: str,
    answer: str,
    answer_type: AnswerType,
    choices: Sequence[str],
    unit: str,
    precision: int | None,
    answers: Sequence[str],
) -> Verdict:
    return grade(
        text,
        answer,
        answer_type=answer_type,
        choices=tuple(choices),
        unit=unit,
        precision=precision,
        answers=tuple(answers),
    )


def _text(completion: str | list[dict[str, Any]]) -> str:
    if isinstance(completion, str):
        return completion
    content = completion[-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
