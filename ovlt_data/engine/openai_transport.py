"""A client of the openai package as the seam for HTTP, for providers that need more than a URL and a key.

A module of its own: that package takes a second to import, and a recipe does without it.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import httpx
import msgspec
import openai

from ovlt_data.engine.transport import EVENTS, Answer, Broken, Feed, TimedOut, TransportFault, Unreachable


class OpenAITransport:
    """An `AsyncOpenAI`, `AsyncAzureOpenAI` or another client of that family as the seam.

    The client brings its own URL and key; its own retries are switched off, since the engine's know about slots.
    """

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client.with_options(max_retries=0)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        with _faults(silence=f"no answer within {seconds:g} s"):
            try:
                answer = await self._client.post(
                    "/chat/completions",
                    cast_to=httpx.Response,
                    body=msgspec.json.decode(body),
                    options={"timeout": seconds, "headers": _extra(headers)},
                )
            except openai.APIStatusError as error:
                answer = error.response
            return Answer(status=answer.status_code, headers=answer.headers, body=answer.content)

    async def post_stream(
        self, url: str, body: bytes, headers: Mapping[str, str], *, idle: float, feed: Feed
    ) -> Answer:
        with _faults(silence=f"no byte for {idle:g} s"):
            try:
                stream = await self._client.post(
                    "/chat/completions",
                    cast_to=object,
                    body=msgspec.json.decode(body),
                    options={"timeout": idle, "headers": _extra(headers)},
                    stream=True,
                    stream_cls=openai.AsyncStream[object],
                )
            except openai.APIStatusError as error:
                answer = error.response
                return Answer(status=answer.status_code, headers=answer.headers, body=answer.content)
            async with stream:
                answer = stream.response
                if not answer.headers.get("content-type", "").startswith(EVENTS):
                    return Answer(status=answer.status_code, headers=answer.headers, body=await answer.aread())
                async for data in answer.aiter_bytes():
                    if feed(data):
                        break
                return Answer(status=answer.status_code, headers=answer.headers, body=b"")

    async def close(self) -> None:
        """The client is its owner's to close."""


def _extra(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of the recipe's; the client brings the usual ones."""
    return {name: value for name, value in headers.items() if name.lower() not in ("authorization", "content-type")}


@contextmanager
def _faults(*, silence: str) -> Generator[None]:
    """Errors by what they mean: the package's own, and while a stream is read its HTTP client's.

    That client is httpx or httpx2, as its owner chose; their errors have the same names.
    """
    try:
        yield
    except openai.APIConnectionError as error:
        raise _fault_of(error.__cause__ or error, silence) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("httpx", "httpx2"):
            raise
        raise _fault_of(error, silence) from error


def _fault_of(error: BaseException, silence: str) -> TransportFault:
    names = {base.__name__ for base in type(error).__mro__}
    if "ConnectError" in names or "ConnectTimeout" in names:
        return Unreachable(str(error))
    return TimedOut(silence) if "TimeoutException" in names else Broken(f"{type(error).__name__}: {error}")
