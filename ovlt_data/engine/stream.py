"""A streamed completion, joined as it comes into the body that the server would have sent unstreamed.

So everything behind the seam for HTTP reads one kind of answer. What is told here and nowhere else: a stream that
ends without a finish reason is a broken connection, an error that comes as an event is an answer with its status, and
a text that runs in a loop is cut, with the finish reason `loop`; its tokens are those that the server had counted.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from ovlt_data.engine.reply import Usage
from ovlt_data.engine.transport import Answer, Broken, Transport
from ovlt_data.text.loops import LoopWatch

DONE = b"[DONE]"


class _Delta(Struct, gc=False):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Choice(Struct, gc=False):
    delta: _Delta
    finish_reason: str | None = None


class _Error(Struct, gc=False):
    code: int | str | None = None


class _Event(Struct):
    choices: list[_Choice] = []
    usage: Usage | None = None
    model: str = ""
    error: _Error | str | None = None


_decoder = msgspec.json.Decoder(_Event)


async def post_streamed(
    transport: Transport, url: str, body: bytes, headers: Mapping[str, str], *, idle: float
) -> Answer:
    """As `Transport.post`, but `idle` is the most seconds without a byte, and a text in a loop is cut short."""
    stream = Stream()
    answer = await transport.post_stream(url, body, headers, idle=idle, feed=stream.feed)
    return answer if answer.body or answer.status != 200 else stream.join(answer.headers)


class Stream:
    """The events of one reply, in whatever pieces they arrive."""

    def __init__(self) -> None:
        self._rest = bytearray()
        """A line that has begun."""
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._watch = LoopWatch()
        self._finish: str | None = None
        self._usage: Usage | None = None
        self._model = ""
        self._spoilt: Answer | None = None

    def feed(self, data: bytes) -> bool:
        """Take in some bytes; True when nothing more is wanted of this stream."""
        self._rest += data
        if b"\n" not in data:
            return False
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest[:] = rest
        # Only data is looked at: comments keep the connection alive, and other fields are not used.
        return any(self._take(line[5:].strip()) for line in lines if line.startswith(b"data:"))

    def join(self, headers: Mapping[str, str]) -> Answer:
        """The answer once the stream is over. Raises Broken where it ended before the reply did."""
        if self._spoilt is not None:
            return self._spoilt
        if self._finish is None:
            raise Broken("the stream ended without a finish reason")
        message = {"content": "".join(self._content), "reasoning": "".join(self._reasoning) or None}
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        body = {"model": self._model, "choices": [choice], "usage": self._usage}
        return Answer(200, headers, msgspec.json.encode(body))

    def _take(self, data: bytes) -> bool:
        if data == DONE:
            return False  # the connection is read to its end, which keeps it for the next request
        try:
            event = _decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._spoil(200, data)  # no completion, which its reader will say
        if event.error:
            return self._spoil(_status(event.error), data)
        if event.usage is not None:
            self._usage = event.usage
        self._model = self._model or event.model
        return any(self._grow(choice) for choice in event.choices)

    def _grow(self, choice: _Choice) -> bool:
        """One event may hold the end of the reasoning and the beginning of the content."""
        self._finish = choice.finish_reason or self._finish
        thought = choice.delta.reasoning or choice.delta.reasoning_content or ""
        said = choice.delta.content or ""
        self._reasoning.append(thought)
        self._content.append(said)
        if not self._watch.add(thought + said):
            return False
        self._finish = "loop"
        return True

    def _spoil(self, status: int, data: bytes) -> bool:
        self._spoilt = Answer(status, {}, data)
        return True


def _status(error: _Error | str) -> int:
    code = error.code if isinstance(error, _Error) else None
    return code if isinstance(code, int) and code >= 400 else 500
