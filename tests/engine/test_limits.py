"""`concurrency: auto`: what is decided from what is seen, and that the slots keep to it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from engine_bench import bench
from fake_endpoint import FakeEndpoint
from msgspec.structs import replace

from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.limiter import Limiter
from ovlt_data.engine.limits import MOST, Level, Load, back_off, count_reply, follow_queue, read_load
from ovlt_data.engine.look import metrics_url
from ovlt_data.engine.replicas import Replicas
from ovlt_data.engine.request import Ask
from ovlt_data.engine.slots import Slots
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.transport import AiohttpTransport
from ovlt_data.recipe import Model

METRICS = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a}b"} 200.0
vllm:num_requests_running{engine="1",model_name="a}b"} 56.0
vllm:num_requests_waiting{engine="0",model_name="a}b"} 3.0
vllm:num_requests_waiting{engine="1",model_name="a}b"} 0.0
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 3.0
"""


@pytest.mark.parametrize(
    ("text", "load"),
    [
        pytest.param(METRICS, Load(running=256, waiting=3), id="two engines"),
        pytest.param("vllm:num_requests_running 1\nvllm:num_requests_waiting 0\n", Load(1, 0), id="no labels"),
        pytest.param("sglang:num_queue_reqs 3\n", None, id="another server"),
        pytest.param("vllm:num_requests_running 1\n", None, id="half of it"),
        pytest.param("<html>Not here</html>", None, id="a page"),
    ],
)
def test_load_is_read_from_prometheus_text(text: str, load: Load | None) -> None:
    assert read_load(text) == load


@pytest.mark.parametrize(
    ("running", "waiting", "in_flight", "limit"),
    [
        pytest.param(100, 0, 100, 200, id="no queue: doubled at first"),
        pytest.param(50, 0, 50, 100, id="no queue, but the limit is not used: kept"),
        pytest.param(80, 1, 100, 100, id="a short queue: kept"),
        pytest.param(80, 16, 100, 100, id="the longest short queue: kept"),
        pytest.param(70, 30, 100, 78, id="a long queue: what runs and a few"),
        pytest.param(10, 90, 100, 50, id="never less than half"),
        pytest.param(280, 120, 100, 72, id="four sequences a request: the same share"),
        pytest.param(0, 100, 100, 100, id="nothing runs yet: kept"),
        pytest.param(95, 50, 100, 100, id="still taking in: kept"),
    ],
)
def test_queue_moves_the_limit(running: float, waiting: float, in_flight: int, limit: int) -> None:
    before = Level(limit=100, running=90 if running == 95 else 1000)
    assert follow_queue(before, Load(running, waiting), in_flight=in_flight).limit == limit


def test_limit_grows_faster_with_each_look_that_finds_no_queue() -> None:
    level, limits = Level(limit=80, ease=0), list[int]()
    for _ in range(6):
        level = follow_queue(level, Load(level.limit, 0), in_flight=level.limit)
        limits.append(level.limit)
    assert limits == [90, 112, 168, 336, 672, MOST]


def test_prompts_that_are_still_taken_in_do_not_slow_the_growth() -> None:
    taking_in = follow_queue(Level(limit=64, running=32), Load(50, 14), in_flight=64)
    assert taking_in.limit == 64
    assert follow_queue(taking_in, Load(64, 0), in_flight=64).limit == 128


@pytest.mark.parametrize("slots", [1, 10, 100, 1000])
def test_queue_settles_at_any_capacity(slots: int) -> None:
    level = Level()
    for _ in range(30):
        running = min(slots, level.limit)
        level = follow_queue(level, Load(running, level.limit - running), in_flight=level.limit)
    assert 0 < level.limit - slots <= 16


def test_refusal_halves_once_for_all_that_were_in_flight() -> None:
    once = back_off(Level(limit=100), sent_at=1.0, now=2.0)
    assert once.limit == 50
    assert back_off(once, sent_at=1.5, now=2.5) == once
    assert back_off(once, sent_at=2.0, now=3.0).limit == 25
    assert back_off(replace(once, limit=1), sent_at=2.0, now=3.0).limit == 1


def serve_blind(level: Level, *, slots: int, seconds: float, rounds: int = 40) -> list[int]:
    """Limits after each turnover at a server that runs `slots` at once and lets the others wait."""
    limits, now = list[int](), 0.0
    for _ in range(rounds):
        for _ in range(level.limit):
            now += seconds / min(slots, level.limit)
            level = count_reply(level, in_flight=level.limit, now=now)
        limits.append(level.limit)
    return limits


@pytest.mark.parametrize("slots", [32, 100, 500])
def test_doubling_that_only_makes_replies_slower_is_taken_back(slots: int) -> None:
    limits = serve_blind(Level(), slots=slots, seconds=10.0)
    assert max(limits) <= 4 * slots
    assert all(slots <= limit <= 4 * slots for limit in limits[12:])


def test_after_a_refusal_the_limit_grows_slowly() -> None:
    level = back_off(Level(limit=160), sent_at=0.0, now=0.0)
    assert serve_blind(level, slots=1000, seconds=10.0, rounds=6) == [80, 90, 90, 101, 101, 113]


def test_limit_that_is_not_used_does_not_grow() -> None:
    level = Level()
    for number in range(1000):
        level = count_reply(level, in_flight=10, now=float(number))
    assert level.limit == Level().limit


async def test_slots_are_never_exceeded_and_first_come_is_first_served() -> None:
    slots, order, most = Slots(3), list[int](), 0

    async def hold(number: int) -> None:
        nonlocal most
        async with slots:
            order.append(number)
            most = max(most, slots.taken)
            await asyncio.sleep(0.001 * (number % 3))

    await asyncio.gather(*(hold(number) for number in range(50)))
    assert (order, most, slots.taken) == (list(range(50)), 3, 0)


async def test_who_waits_is_woken_when_the_limit_grows() -> None:
    slots, inside = Slots(1), list[int]()

    async def hold(number: int) -> None:
        async with slots:
            inside.append(number)
            await asyncio.Event().wait()

    holding = [asyncio.create_task(hold(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert inside == [0]
    slots.resize(3)
    await asyncio.sleep(0)
    assert inside == [0, 1, 2]
    for task in holding:
        task.cancel()
    await asyncio.gather(*holding, return_exceptions=True)
    assert slots.taken == 0


async def test_shrunk_slots_are_handed_out_again_only_below_the_limit() -> None:
    slots, leave = Slots(3), asyncio.Queue[None]()
    inside = 0

    async def hold() -> None:
        nonlocal inside
        async with slots:
            inside += 1
            await leave.get()
            inside -= 1

    holding = [asyncio.create_task(hold()) for _ in range(6)]
    await asyncio.sleep(0)
    slots.resize(1)
    seen = [inside]
    for _ in range(6):
        leave.put_nowait(None)
        for _ in range(3):
            await asyncio.sleep(0)
        seen.append(inside)
    assert seen == [3, 2, 1, 1, 1, 1, 0]
    await asyncio.gather(*holding)


async def test_turn_that_comes_as_its_waiter_is_cancelled_goes_to_the_next() -> None:
    slots, served = Slots(1), list[str]()

    async def hold(name: str) -> None:
        async with slots:
            served.append(name)

    await slots.__aenter__()
    first, second = asyncio.create_task(hold("first")), asyncio.create_task(hold("second"))
    await asyncio.sleep(0)
    await slots.__aexit__()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert (served, slots.taken) == (["second"], 0)


def make_endpoint(url: str, **limits: object) -> Endpoint:
    model = Model.model_validate({"endpoint": url, "model": "fake", "limits": {"attempts": 8, **limits}})
    transport = AiohttpTransport(connect_timeout=5.0)
    return Endpoint(
        "m", model, urls=[url], transport=transport, tally=Tally(), say=print, backoff=0.001, look_every=0.01
    )


async def post_many(endpoint: Endpoint, count: int) -> None:
    body = b'{"model": "fake", "messages": [{"role": "user", "content": "1 + 1"}]}'
    await asyncio.gather(*(endpoint.post(body) for _ in range(count)))


@asynccontextmanager
async def serving_metrics(metrics: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


async def test_server_without_metrics_is_found_out_by_its_replies() -> None:
    async with FakeEndpoint(delay=0.02) as server:
        endpoint = make_endpoint(server.url)
        await post_many(endpoint, 300)
        await endpoint.close()
    assert server.most_in_flight > Level().limit


@pytest.mark.parametrize("refusal", ["status_429", "status_503", "status_529", "slow"])
async def test_refusals_lower_what_is_in_flight(refusal: str) -> None:
    async with FakeEndpoint(first=[refusal] * 40) as server:
        endpoint = make_endpoint(server.url, timeout=0.1 if refusal == "slow" else 30.0)
        await post_many(endpoint, 50)
        capacity = endpoint.capacity
        await endpoint.close()
    assert capacity < 2 * Level().limit


async def test_fixed_number_stays_what_it_is() -> None:
    async with FakeEndpoint(first=["status_429"] * 5, delay=0.002) as server:
        endpoint = make_endpoint(server.url, concurrency=7)
        await post_many(endpoint, 60)
        await endpoint.close()
    assert (server.most_in_flight, endpoint.capacity) == (7, 7)


async def test_shown_queue_sets_the_limit() -> None:
    """A server that runs 40 at once lets in these and a few that wait."""

    async def metrics(request: web.Request) -> web.Response:
        load = f"vllm:num_requests_running {min(replica.in_flight, 40)}\n"
        return web.Response(text=f"{load}vllm:num_requests_waiting {max(replica.in_flight - 40, 0)}\n")

    async def send() -> None:
        async with limiter.slots:
            replica.in_flight += 1
            limiter.count_send()
            await asyncio.sleep(0.02)
            replica.in_flight -= 1

    async with serving_metrics(metrics) as url:
        model = Model.model_validate({"endpoint": url, "model": "fake"})
        replicas = Replicas([url], name="m", headers={}, grace=1.0, say=print, proven=set())
        (replica,) = replicas
        limiter = Limiter(model, replicas, name="m", headers={}, look_every=0.005)
        await asyncio.gather(*(send() for _ in range(1500)))
        await limiter.close()
    assert replica.shows_queue
    assert 40 < limiter.slots.limit <= 80, "at most one step above what runs and a few"


async def test_requests_per_minute_are_kept(tmp_path: Path) -> None:
    limits = {"rpm": 6000}
    async with FakeEndpoint() as server, bench(tmp_path, server, fields={"limits": limits}) as m:
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(m.engine.sample(Ask("m", f"{number} + 1"), 1) for number in range(11)))
        assert asyncio.get_running_loop().time() - started >= 0.1


@pytest.mark.parametrize("url", ["http://gpu1:8000/v1", "http://gpu1:8000"])
def test_metrics_stand_beside_v1(url: str) -> None:
    assert metrics_url(url) == "http://gpu1:8000/metrics"
