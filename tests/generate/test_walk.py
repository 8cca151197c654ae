"""What the walk makes of odd replies."""

import pytest

from ovlt_data.generate.caption import read_caption
from ovlt_data.types import Reply


@pytest.mark.parametrize(
    ("reply", "caption"),
    [
        (Reply(content="A square."), "A square."),
        (Reply(content="<think>look</think> A square."), "A square."),
        (Reply(content=None, reasoning="A square.", finish_reason="stop"), "A square."),
        (Reply(content=None, reasoning="A squ", finish_reason="length"), ""),
        (Reply(content="  ", finish_reason="stop"), ""),
        (Reply(content="a square, a square, a square", finish_reason="loop"), ""),
    ],
    ids=["plain", "thought-first", "parser-took-it-for-a-thought", "cut-off-in-its-thought", "empty", "loop"],
)
def test_caption_is_what_was_said_and_not_thought(reply: Reply, caption: str) -> None:
    assert read_caption(reply) == caption
