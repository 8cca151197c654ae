"""A key that a server quotes back goes nowhere: not into failures, not into what stops the run, not even in part."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from engine_bench import TEXT, bench
from fake_endpoint import FakeEndpoint

from ovlt_data.engine.request import Ask
from ovlt_data.engine.transport import Answer, Broken, Feed
from ovlt_data.errors import EndpointStop

KEY = "sk-0123456789abcdef"


class Quoting:
    """A transport whose every answer quotes the key."""

    def __init__(self, answer: Answer | Exception) -> None:
        self._answer = answer

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def post_stream(
        self, url: str, body: bytes, headers: Mapping[str, str], *, idle: float, feed: Feed
    ) -> Answer:
        """A server that knows no streams answers all at once."""
        return await self.post(url, body, headers, seconds=idle)

    async def close(self) -> None:
        return None


ANSWERS: Mapping[str, Answer | Exception] = {
    "error": Answer(400, {}, f'{{"error": {{"message": "no such key: {KEY}"}}}}'.encode()),
    "long-error": Answer(400, {}, f'{{"error": {{"message": "{"x" * 290} {KEY}"}}}}'.encode()),
    "escaped": Answer(503, {}, f'{{"error": "{KEY.replace("-", chr(92) + "u002d")}"}}'.encode()),
    "page": Answer(503, {}, f"<html>Authorization: Bearer {KEY}</html>".encode()),
    "broken": Broken(f"BadHttpMessage: {KEY}"),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_failure_does_not_hold_the_key(tmp_path: Path, case: str) -> None:
    async with bench(tmp_path, FakeEndpoint(), api_key=KEY, transport=Quoting(ANSWERS[case])) as m:
        failure = (await m.engine.sample(Ask("m", TEXT), 1)).failure
    assert failure is not None
    assert "sk-0" not in str(failure) + "".join(m.said)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(200, {}, f"<html>Welcome, {KEY}</html>".encode()), id="page-instead-of-an-endpoint"),
        pytest.param(Answer(307, {"Location": f"http://elsewhere/{KEY}"}, b""), id="redirect"),
    ],
)
async def test_what_stops_the_run_does_not_hold_the_key(tmp_path: Path, answer: Answer) -> None:
    async with bench(tmp_path, FakeEndpoint(), api_key=KEY, transport=Quoting(answer)) as m:
        with pytest.raises(EndpointStop) as stop:
            await m.engine.sample(Ask("m", TEXT), 1)
    assert "[key]" in str(stop.value)
    assert "sk-0" not in str(stop.value)
