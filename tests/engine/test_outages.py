"""The engine while servers are away: whom it waits for, and when it gives up."""

import asyncio
from pathlib import Path

import pytest
from engine_bench import TEXT, bench, words
from fake_endpoint import FakeEndpoint

from ovlt_data.engine import replicas
from ovlt_data.engine.request import Ask
from ovlt_data.errors import EndpointStop


async def test_nobody_at_the_url_stops_the_run(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        pass
    async with bench(tmp_path, server) as m:
        with pytest.raises(EndpointStop, match=rf"nobody answers at {server.url}\. Start the server"):
            await m.engine.sample(Ask("m", TEXT), 1)


async def test_a_server_that_is_still_loading_is_waited_for_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "PROBE_EVERY", 0.01)
    async with FakeEndpoint() as server:
        await server.stop()
        async with bench(tmp_path, server, wait=20) as m:
            waiting = asyncio.create_task(m.engine.sample(Ask("m", TEXT), 1))
            while "waiting for up to 20 s" not in " ".join(m.said):  # noqa: ASYNC110 - the engine only talks
                await asyncio.sleep(0.01)
            await server.start()
            assert (await waiting).by_slot[0].content == words(0)


async def test_a_server_that_never_comes_is_not_waited_for_longer(tmp_path: Path) -> None:
    async with FakeEndpoint() as server:
        pass
    async with bench(tmp_path, server, wait=0.05) as m:
        with pytest.raises(EndpointStop, match=r"nobody answers at http://\S+ within 0\.05 s"):
            await m.engine.sample(Ask("m", TEXT), 1)


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"], ids=["direct", "proxy-for-others"])
async def test_a_server_that_comes_back_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setattr(replicas, "PROBE_EVERY", 0.01)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    async with FakeEndpoint() as server, bench(tmp_path, server) as m:
        await m.engine.sample(Ask("m", TEXT), 1)
        await server.stop()
        waiting = asyncio.create_task(m.engine.sample(Ask("m", "1 + 1"), 1))
        while "waiting for up to 30 s" not in " ".join(m.said):  # noqa: ASYNC110 - the engine only talks
            await asyncio.sleep(0.01)
        await server.start()
        assert (await waiting).by_slot[0].content == words(0, "1 + 1")
    assert any("answers again" in text for text in m.said)


async def test_a_server_that_stays_away_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "PROBE_EVERY", 0.01)
    async with FakeEndpoint() as server, bench(tmp_path, server, grace=0.05) as m:
        await m.engine.sample(Ask("m", TEXT), 1)
        await server.stop()
        with pytest.raises(EndpointStop, match=r"no replica came back within 0\.05 s"):
            await m.engine.sample(Ask("m", "1 + 1"), 1)


async def test_replicas_share_the_work_and_stand_in_for_each_other(tmp_path: Path) -> None:
    async with FakeEndpoint(delay=0.01) as one, FakeEndpoint(delay=0.01) as other, bench(tmp_path, one, other) as m:
        await asyncio.gather(*(m.engine.sample(Ask("m", f"{number} + 1"), 1) for number in range(20)))
        assert (one.requests, other.requests) == (10, 10)
        await one.stop()
        replies = await asyncio.gather(*(m.engine.sample(Ask("m", f"{number} + 2"), 1) for number in range(20)))
    assert [each.failure for each in replies] == [None] * 20
    assert other.requests == 30
    assert m.said
