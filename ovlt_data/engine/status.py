"""What an HTTP status means, decided by one pure function of (status, body).

Three outcomes that are never mixed: the row is at fault (it fails for good), the moment is (try again later),
the endpoint is (the run stops).
"""

import email.utils
import time
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

Family = Literal["row", "again", "stop"]

MAX_RETRY_AFTER = 600.0
"""Seconds; a server that asks for more is asked again after this."""


class Fault(Struct, frozen=True):
    """Why an answer is no completion."""

    family: Family
    kind: str
    """Of a row: `bad_request`, `context_too_long`, `too_large`. Of the moment: `rate_limited`, `server_error`,
    `timeout`, `connection`, `bad_reply`. Of the endpoint: `no_access`, `no_model`, `redirect`."""
    message: str
    """The server's own words, in full: whoever passes them on hides what is secret, then shortens."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""


class _Error(Struct, frozen=True):
    message: str = ""
    param: str | None = None
    code: str | int | None = None


class _ErrorBody(Struct, frozen=True):
    error: _Error | str = ""
    message: str = ""
    detail: object = None


def classify(status: int, body: bytes, headers: Mapping[str, str]) -> Fault:
    """The fault behind any status but 200."""
    error = _read_error(body)
    message = f"HTTP {status}: {error.message}"
    if status in (401, 402, 403):
        return Fault("stop", "no_access", message)
    if status == 404:
        return Fault("stop", "no_model", message)
    if 300 <= status < 400:
        return Fault(
            "stop", "redirect", f"HTTP {status}: redirects to {headers.get('Location', 'nowhere')}; give that URL"
        )
    if status == 413:
        return Fault("row", "too_large", message)
    if status in (408, 409, 425):
        return Fault("again", "timeout", message, _retry_after(headers))
    if status == 429:
        return Fault("again", "rate_limited", message, _retry_after(headers))
    if status >= 500:
        return Fault("again", "server_error", message, _retry_after(headers))
    if status >= 400:
        return Fault("row", "context_too_long" if _is_context_overflow(error) else "bad_request", message)
    return Fault("again", "bad_reply", f"HTTP {status} is not a completion")


def shorten(text: str, *, limit: int = 300) -> str:
    """Text for a message: one line, not longer than `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _read_error(body: bytes) -> _Error:
    try:
        parsed = msgspec.json.decode(body, type=_ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Error(message=body[:2000].decode(errors="replace").strip() or "(empty body)")
    if isinstance(parsed.error, _Error):
        return parsed.error
    return _Error(message=parsed.error or parsed.message or str(parsed.detail or "(no message)"))


def _is_context_overflow(error: _Error) -> bool:
    """vLLM names the parameter, OpenAI a code; older servers only say it."""
    if error.param in ("input_tokens", "input_text", "max_tokens") or error.code == "context_length_exceeded":
        return True
    return "maximum context length" in error.message


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, given as seconds or as an HTTP date."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        return min(float(value), MAX_RETRY_AFTER)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return min(max(moment.timestamp() - time.time(), 0.0), MAX_RETRY_AFTER)
