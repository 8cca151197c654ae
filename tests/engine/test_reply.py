"""A response's body becomes replies, or says why it can't."""

import json

import pytest

from ovlt_data.engine.reply import BadReply, decode_replies, share_tokens


def body(*choices: dict[str, object], completion_tokens: int = 8) -> bytes:
    usage = {"prompt_tokens": 5, "completion_tokens": completion_tokens}
    return json.dumps({"model": "m", "choices": choices, "usage": usage}).encode()


def choice(index: int, content: str | None, **message: str) -> dict[str, object]:
    return {"index": index, "message": {"content": content, **message}, "finish_reason": "stop"}


def test_choices_come_in_the_order_of_their_index() -> None:
    replies = decode_replies(body(choice(1, "b"), choice(0, "a")), max_tokens=16)
    assert [reply.content for reply in replies] == ["a", "b"]


def test_tokens_of_all_choices_add_up_to_what_was_paid() -> None:
    replies = decode_replies(body(choice(0, "aaa"), choice(1, "b"), completion_tokens=9), max_tokens=None)
    assert sum(reply.completion_tokens for reply in replies) == 9
    assert sum(reply.prompt_tokens for reply in replies) == 5
    assert not any(reply.exact_tokens for reply in replies)


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_under_both_of_its_names(name: str) -> None:
    (reply,) = decode_replies(body(choice(0, None, **{name: "thought"})), max_tokens=None)
    assert (reply.content, reply.reasoning) == (None, "thought")


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"<html>", id="html"),
        pytest.param(b'{"choices": [', id="truncated"),
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="no-choices"),
        pytest.param(b'{"choices": ' + b"[" * 100_000, id="too-deep"),
        pytest.param(b'{"x": ' + b"[" * 100_000, id="too-deep-where-nobody-looks"),
        pytest.param(b'{"choices": []}', id="empty-choices"),
        pytest.param(b'{"choices": [{"message": null}]}', id="null-message"),
        pytest.param(b'{"choices": [{"message": {"content": "\xff"}}]}', id="invalid-utf8"),
        pytest.param(b'{"choices": [{"message": {"content": 5}}]}', id="content-is-a-number"),
        pytest.param(b'{"choices": [{"message": {"content": "half"}, "finish_reason": "abort"}]}', id="aborted"),
        pytest.param(
            b'{"choices": [{"message": {"content": "half a th"}, "finish_reason": "abort"}]}', id="server-shut-down"
        ),
    ],
)
def test_what_is_no_completion_is_said_so(bad: bytes) -> None:
    with pytest.raises(BadReply):
        decode_replies(bad, max_tokens=None)


@pytest.mark.parametrize(
    ("total", "lengths", "shares"),
    [(9, [3, 0], [9, 0]), (7, [0, 0], [3, 4]), (10, [1, 1, 2], [2, 3, 5]), (0, [4, 4], [0, 0])],
)
def test_shares_are_proportional_and_exact(total: int, lengths: list[int], shares: list[int]) -> None:
    assert share_tokens(total, lengths) == shares
