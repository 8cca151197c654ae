"""The table of our own answers, group by group."""

import pytest
from our_answers import ALL, Group

from ovlt_data.answers import grade

GROUPS = [pytest.param(group, id=f"{name}-{group.gold}"[:60]) for name, groups in ALL.items() for group in groups]


def _graded(group: Group, texts: tuple[str, ...]) -> dict[str, str]:
    """The status of each text."""
    return {
        text: grade(
            text,
            group.gold,
            answer_type=group.kind,
            choices=group.choices,
            unit=group.unit,
            precision=group.precision,
            answers=group.answers,
        ).status
        for text in texts
    }


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_right_is_found_right(group: Group) -> None:
    assert _graded(group, group.right) == dict.fromkeys(group.right, "correct")


@pytest.mark.parametrize("group", GROUPS)
def test_what_only_looks_right_is_found_wrong(group: Group) -> None:
    assert _graded(group, group.wrong) == dict.fromkeys(group.wrong, "wrong")
