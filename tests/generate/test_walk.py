"""What the walk makes of odd replies, and of earlier failures."""

from typing import Any

import pytest

from ovlt_data.generate.caption import read_caption
from ovlt_data.generate.walk import lasting_failures
from ovlt_data.types import Reply

FAILURE: dict[str, Any] = {"kind": "bad_request", "lasting": True, "request_key": "ab", "endpoint": "", "message": "no"}


@pytest.mark.parametrize(
    ("reply", "caption"),
    [
        (Reply(content="A square."), "A square."),
        (Reply(content="<think>look</think> A square."), "A square."),
        (Reply(content=None, reasoning="A square.", finish_reason="stop"), "A square."),
        (Reply(content=None, reasoning="A squ", finish_reason="length"), ""),
        (Reply(content="  ", finish_reason="stop"), ""),
    ],
    ids=["plain", "thought-first", "parser-took-it-for-a-thought", "cut-off-in-its-thought", "empty"],
)
def test_caption_is_what_was_said_and_not_thought(reply: Reply, caption: str) -> None:
    assert read_caption(reply) == caption


def test_lasting_failure_is_remembered_by_its_request() -> None:
    (error,) = lasting_failures([FAILURE], retry=frozenset()).values()
    assert (error.request_key, error.kind, error.lasting, str(error)) == ("ab", "bad_request", True, "no")


@pytest.mark.parametrize(
    ("change", "retry"),
    [({"lasting": False}, ""), ({"request_key": ""}, ""), ({}, "bad_request")],
    ids=["passing", "never-sent", "to-be-tried-again"],
)
def test_other_failures_are_tried_again(change: dict[str, Any], retry: str) -> None:
    assert lasting_failures([FAILURE | change], retry=frozenset([retry])) == {}
