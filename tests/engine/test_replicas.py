"""Several servers behind one model, of which one dies, fails, stalls, joins or leaves: no row is the worse for it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from engine_bench import Bench, bench
from fake_endpoint import FakeEndpoint

from ovlt_data.engine import health, replicas, roster
from ovlt_data.engine.ask import Replies
from ovlt_data.engine.events import note_nothing
from ovlt_data.engine.request import Ask
from ovlt_data.engine.roster import follow_roster


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes become hundredths of a second."""
    monkeypatch.setattr(replicas, "PROBE_EVERY", 0.01)
    monkeypatch.setattr(roster, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(health, "FIRST_PAUSE", 0.02)


def limited(concurrency: int) -> Mapping[str, Any]:
    return {"limits": {"attempts": 3, "concurrency": concurrency}}


async def ask_many(m: Bench, count: int, *, first: int = 0) -> list[Replies]:
    return await asyncio.gather(
        *(m.engine.sample(Ask("m", f"{number} + 1"), 1) for number in range(first, first + count))
    )


async def until_said(m: Bench, text: str) -> None:
    while text not in " ".join(m.said):  # noqa: ASYNC110 - the engine only talks
        await asyncio.sleep(0.005)


async def test_replica_twice_as_slow_gets_half_the_requests(tmp_path: Path) -> None:
    quick, slow = FakeEndpoint(delay=0.02), FakeEndpoint(delay=0.04)
    async with quick, slow, bench(tmp_path, slow, quick, fields=limited(12)) as m:
        await ask_many(m, 240)
    assert 0.35 < slow.requests / quick.requests < 0.75


async def test_request_alone_goes_to_the_quickest(tmp_path: Path) -> None:
    quick, slow = FakeEndpoint(), FakeEndpoint(delay=0.05)
    async with quick, slow, bench(tmp_path, slow, quick) as m:
        for number in range(10):
            await ask_many(m, 1, first=number)
    assert slow.requests == 1


@pytest.mark.parametrize("fault", ["status_500", "reset", "html", "truncated_json"])
async def test_replica_that_only_fails_gets_few_requests_and_loses_no_row(tmp_path: Path, fault: str) -> None:
    bad = FakeEndpoint(rates={fault: 1.0})
    one, two = FakeEndpoint(delay=0.005), FakeEndpoint(delay=0.005)
    async with one, two, bad, bench(tmp_path, one, two, bad, fields=limited(24), look_every=0.01) as m:
        replies = await ask_many(m, 600)
    assert [each.failure for each in replies] == [None] * 600
    assert bad.requests < 60, "under a tenth of what the others could do"
    assert "failures in a row, the last: " in " ".join(m.said)


async def test_dead_replica_of_three_takes_nothing_from_the_other_two(tmp_path: Path) -> None:
    async with FakeEndpoint(delay=0.05) as one, FakeEndpoint(delay=0.05) as two, FakeEndpoint() as dead:
        await dead.stop()
        async with bench(tmp_path, one, two, dead, fields=limited(24)) as m:
            replies = await ask_many(m, 240)
    assert [each.failure for each in replies] == [None] * 240
    assert one.most_in_flight + two.most_in_flight == 24, "every slot is theirs"
    assert m.tally.retries.total() == 0


async def test_replica_that_failed_for_a_while_comes_back_on_probation(tmp_path: Path) -> None:
    bad = FakeEndpoint(first=["status_500"] * 6, delay=0.002)
    async with FakeEndpoint(delay=0.002) as good, bad, bench(tmp_path, good, bad, look_every=0.01) as m:
        await ask_many(m, 100)
        await until_said(m, f"{bad.url} answers again")
        before = bad.requests
        await ask_many(m, 200, first=100)
    assert bad.requests - before > 40


async def test_stalled_replica_is_left_out_and_its_requests_go_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "STALL", 0.1)
    stalled = FakeEndpoint(first=["slow"] * 3, metrics=True)
    good = FakeEndpoint(metrics=True)
    async with good, stalled, bench(tmp_path, stalled, good, fields=limited(6), look_every=0.01) as m:
        replies = await ask_many(m, 12)
        await until_said(m, f"{stalled.url} answers again")
        later = await ask_many(m, 20, first=12)
    assert [each.failure for each in replies + later] == [None] * 32
    assert "nothing moves there, with 3 requests in flight" in " ".join(m.said)
    assert m.tally.retries == {"moved": 3}
    assert stalled.requests > 3


async def test_requests_left_hanging_behind_a_closed_port_go_elsewhere(tmp_path: Path) -> None:
    hanging = FakeEndpoint(first=["slow"] * 3)
    async with FakeEndpoint() as good, hanging, bench(tmp_path, hanging, good, fields=limited(6), look_every=0.01) as m:
        asking = asyncio.create_task(ask_many(m, 12))
        while hanging.in_flight < 3 or hanging.looks < 2:  # noqa: ASYNC110 - a server of ours
            await asyncio.sleep(0.005)
        await hanging.close_port()
        replies = await asking
    assert [each.failure for each in replies] == [None] * 12
    assert m.tally.retries == {"moved": 3}


async def test_lone_replica_is_not_left_out_for_being_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STALL", 0.02)
    async with FakeEndpoint(delay=0.1, metrics=True) as server, bench(tmp_path, server, look_every=0.005) as m:
        replies = await ask_many(m, 3)
    assert [each.failure for each in replies] == [None] * 3
    assert m.said == []


async def test_where_all_fail_every_request_has_its_attempts_and_no_more(tmp_path: Path) -> None:
    servers = [FakeEndpoint(rates={"status_500": 1.0}) for _ in range(3)]
    async with servers[0], servers[1], servers[2], bench(tmp_path, *servers, look_every=0.01) as m:
        replies = await ask_many(m, 40)
    assert {each.failure.kind for each in replies if each.failure} == {"server_error"}
    assert sum(server.requests for server in servers) <= 40 * 3 * 4, "attempts x (moves + 1)"


async def test_file_of_replicas_is_followed(tmp_path: Path) -> None:
    names = tmp_path / "endpoints.txt"
    async with FakeEndpoint(delay=0.01) as one, FakeEndpoint(delay=0.01) as two, bench(tmp_path, one) as m:
        names.write_text(f"{one.url}  # the first\n")
        following = asyncio.create_task(
            follow_roster(names, renew=m.endpoint.renew, say=m.said.append, note=note_nothing)
        )
        await ask_many(m, 10)
        names.write_text(f"{one.url}\n{two.url}\n")
        await until_said(m, f"{two.url} joins")
        await ask_many(m, 20, first=10)
        assert two.requests == 10
        staying = asyncio.create_task(ask_many(m, 8, first=30))
        while not one.in_flight:  # noqa: ASYNC110 - a server of ours
            await asyncio.sleep(0.001)
        names.write_text(f"{two.url}\n")
        await until_said(m, f"{one.url} leaves")
        assert [each.failure for each in await staying] == [None] * 8
        before = one.requests
        await ask_many(m, 10, first=40)
        assert one.requests == before
        following.cancel()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "names no URL", id="empty"),
        pytest.param(None, "no such file", id="gone"),
        pytest.param("http://a/v1\nhtt", ":2 is `htt`", id="torn"),
    ],
)
async def test_file_that_can_not_be_used_leaves_the_replicas_as_they_are(
    tmp_path: Path, text: str | None, told: str
) -> None:
    names, said, renewed = tmp_path / "endpoints.txt", list[str](), list[list[str]]()
    names.write_text("http://a/v1\n")
    following = asyncio.create_task(follow_roster(names, renew=renewed.append, say=said.append, note=note_nothing))
    while not renewed:  # noqa: ASYNC110 - it goes on for ever
        await asyncio.sleep(0.001)
    names.unlink() if text is None else names.write_text(text)
    while not said:  # noqa: ASYNC110 - it goes on for ever
        await asyncio.sleep(0.005)
    following.cancel()
    assert told in said[0]
    assert said[0].startswith("WARNING: ")
    assert renewed == [["http://a/v1"]]
