"""One pure function decides what a status means."""

import email.utils
import time

import pytest

from ovlt_data.engine.status import MAX_RETRY_AFTER, classify


def error_body(message: str = "no", **more: str) -> bytes:
    fields = "".join(f', "{name}": "{value}"' for name, value in more.items())
    return f'{{"error": {{"message": "{message}"{fields}}}}}'.encode()


@pytest.mark.parametrize(
    ("status", "family", "kind"),
    [
        (400, "row", "bad_request"),
        (413, "row", "too_large"),
        (422, "row", "bad_request"),
        (401, "stop", "no_access"),
        (402, "stop", "no_access"),
        (403, "stop", "no_access"),
        (404, "stop", "no_model"),
        (301, "stop", "redirect"),
        (408, "again", "timeout"),
        (409, "again", "timeout"),
        (429, "again", "rate_limited"),
        (500, "again", "server_error"),
        (503, "again", "server_error"),
        (529, "again", "server_error"),
        (204, "again", "bad_reply"),
    ],
)
def test_status_decides_whose_fault_it_is(status: int, family: str, kind: str) -> None:
    fault = classify(status, error_body(), {})
    assert (fault.family, fault.kind) == (family, kind)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(error_body(param="input_tokens"), id="vllm-param"),
        pytest.param(error_body(code="context_length_exceeded"), id="openai-code"),
        pytest.param(error_body("This model's maximum context length is 2048 tokens."), id="words"),
    ],
)
def test_prompt_that_is_too_long_has_a_kind_of_its_own(body: bytes) -> None:
    assert classify(400, body, {}).kind == "context_too_long"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(error_body("the picture is broken"), "the picture is broken", id="openai-form"),
        pytest.param(b'{"error": "flat"}', "flat", id="error-is-text"),
        pytest.param(b'{"detail": "Not Found"}', "Not Found", id="fastapi"),
        pytest.param(b"<html>Bad Gateway</html>", "Bad Gateway", id="html"),
        pytest.param(b"", "(empty body)", id="empty"),
        pytest.param(b"\xff\xfe", "HTTP 500", id="not-utf8"),
        pytest.param(b'{"detail": ' + b"[" * 100_000, "HTTP 500", id="too-deep"),
    ],
)
def test_message_holds_the_servers_own_words(body: bytes, words: str) -> None:
    assert words in classify(500, body, {}).message


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert classify(429, b"", {"Retry-After": "7"}).retry_after == 7
    assert classify(503, b"", {"Retry-After": date}).retry_after == pytest.approx(30, abs=2)


@pytest.mark.parametrize(("value", "seconds"), [("soon", None), ("", None), ("999999", MAX_RETRY_AFTER)])
def test_odd_retry_after_does_no_harm(value: str, seconds: float | None) -> None:
    assert classify(429, b"", {"Retry-After": value}).retry_after == seconds
