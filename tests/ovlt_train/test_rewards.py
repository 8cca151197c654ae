"""GRPO is paid by the one grader."""

import pytest

from ovlt_train.rewards import correct_answer


def pay(
    *completions: object, answer: str, answer_type: str = "auto", choices: tuple[str, ...] = ()
) -> list[float | None]:
    count = len(completions)
    return correct_answer(
        list(completions),
        answer=[answer] * count,
        answer_type=[answer_type] * count,  # pyright: ignore[reportArgumentType]  # a dataset's column holds plain text
        choices=[choices] * count,
        unit=[""] * count,
        precision=[None] * count,
        answers=[()] * count,
        trainer_state=None,
    )


def test_correct_answer_is_paid_and_others_are_not() -> None:
    chats = [[{"role": "assistant", "content": f"<think>hm</think> <answer>{said}</answer>"}] for said in ("4", "5")]
    assert pay(*chats, answer="4") == [1.0, 0.0]


def test_answer_that_is_only_thought_is_not_paid() -> None:
    assert pay("<think><answer>4</answer></think> I can't tell.", answer="4") == [0.0]


@pytest.mark.parametrize(("said", "gold"), [("on", "no"), ("Mon", "Monday"), ("uvs", "suv")])
def test_look_alikes_that_other_graders_pay_for_are_not_paid(said: str, gold: str) -> None:
    assert pay(f"<answer>{said}</answer>", answer=gold) == [0.0]


def test_missing_gold_is_neither_paid_nor_punished() -> None:
    assert pay("<answer>4</answer>", answer="") == [None]
