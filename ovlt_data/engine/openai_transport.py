"""A client of the openai package as the seam for HTTP, for providers that need more than a URL and a key.

A module of its own: that package takes a second to import, and a recipe does without it.
"""

from collections.abc import Mapping

import httpx
import msgspec
import openai

from ovlt_data.engine.transport import Answer, Broken, TimedOut, Unreachable


class OpenAITransport:
    """An `AsyncOpenAI`, `AsyncAzureOpenAI` or another client of that family as the seam.

    The client brings its own URL and key; its own retries are switched off, since the engine's know about slots.
    """

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client.with_options(max_retries=0)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        extra = {
            name: value for name, value in headers.items() if name.lower() not in ("authorization", "content-type")
        }
        try:
            answer = await self._client.post(
                "/chat/completions",
                cast_to=httpx.Response,
                body=msgspec.json.decode(body),
                options={"timeout": seconds, "headers": extra},
            )
        except openai.APIStatusError as error:
            answer = error.response
        except openai.APITimeoutError as error:
            raise TimedOut(f"no answer within {seconds:g} s") from error
        except openai.APIConnectionError as error:
            fault = Unreachable if isinstance(error.__cause__, httpx.ConnectError) else Broken
            raise fault(str(error.__cause__ or error)) from error
        return Answer(status=answer.status_code, headers=answer.headers, body=answer.content)

    async def close(self) -> None:
        """The client is its owner's to close."""
