"""The figures for Prometheus, as Prometheus reads them."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from engine_bench import TEXT, Bench, bench
from fake_endpoint import FakeEndpoint
from prometheus_client.parser import text_string_to_metric_families

from ovlt_data.engine.budget import BudgetWatch, Purse
from ovlt_data.engine.request import Ask
from ovlt_data.engine.store import Store
from ovlt_data.engine.traffic import Traffic, show_url
from ovlt_data.errors import UsageError
from ovlt_data.metrics import Watched, open_metrics
from ovlt_data.recipe import Budget


def watch(m: Bench, store: Store) -> Watched:
    budget = BudgetWatch(Budget(requests=99), Purse(m.tally, prices={}, earlier={}), asyncio.Event())
    return Watched(m.tally, {"m": m.endpoint}, store, budget)


async def scrape(m: Bench, folder: Path) -> Mapping[tuple[str, ...], float]:
    """Every figure by its name and the values of its labels, these in the order of their names."""
    async with AsyncExitStack() as stack:
        store = await Store.open(folder / "beside")
        stack.push_async_callback(store.close)
        runner, url = await open_metrics(watch(m, store), port=0)
        stack.push_async_callback(runner.cleanup)
        async with httpx.AsyncClient() as client:
            text = (await client.get(url)).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value for sample in samples}


async def test_figures_of_two_replicas_add_up_to_what_was_asked(tmp_path: Path) -> None:
    async with FakeEndpoint() as one, FakeEndpoint() as two, bench(tmp_path, one, two) as m:
        await asyncio.gather(*(m.engine.sample(Ask("m", f"{TEXT} {n}"), 1) for n in range(10)))
        figures = await scrape(m, tmp_path)
    assert sum(figures["ovlt_requests_total", server.url, "ok", "m"] for server in (one, two)) == 10
    assert sum(figures["ovlt_request_seconds_count", server.url, "m"] for server in (one, two)) == 10
    assert figures["ovlt_tokens_total", "completion", "m"] == m.tally.completion_tokens > 0
    assert figures["ovlt_replica_up", one.url, "m"] == 1
    assert figures["ovlt_spent", "m", "requests"] == 10
    assert figures["ovlt_budget", "", "requests"] == 99


async def test_a_run_that_has_not_asked_yet_has_figures_too(tmp_path: Path) -> None:
    async with FakeEndpoint() as server, bench(tmp_path, server) as m:
        figures = await scrape(m, tmp_path)
    assert figures["ovlt_requests_in_flight", server.url, "m"] == 0
    assert figures["ovlt_store_lag_seconds",] == 0


async def test_a_port_in_use_is_said_at_once(tmp_path: Path) -> None:
    async with FakeEndpoint() as server, bench(tmp_path, server) as m:
        store = await Store.open(tmp_path / "beside")
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="0 takes a free port"):
            await open_metrics(watch(m, store), port=taken.getsockname()[1])
        await store.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a:8000/v1/", "http://a:8000/v1"),
        ("https://me:key@a/v1", "https://a/v1"),
        ("https://a/0123456789abcdef0123/v1", "https://a"),
        ("https://a/v1?key=x", "https://a/v1"),
    ],
)
def test_url_is_shown_without_what_may_be_a_key(url: str, shown: str) -> None:
    assert show_url(url) == shown


def test_reply_is_counted_in_the_smallest_bucket_that_holds_it() -> None:
    traffic = Traffic()
    for seconds in (0.05, 0.06, 5000.0):
        traffic.count_reply(seconds)
    assert (traffic.replies[0], traffic.replies[1], traffic.replies[-1]) == (1, 1, 1)
