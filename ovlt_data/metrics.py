"""A run's figures for Prometheus, on 127.0.0.1 for as long as rows are generated.

The engine only counts; the text is made when somebody asks for it. Names: docs/metrics.md.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from aiohttp import web
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from ovlt_data.engine.budget import BudgetWatch
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.store import Store
from ovlt_data.engine.tally import Tally
from ovlt_data.engine.traffic import BUCKETS, Traffic
from ovlt_data.errors import UsageError

HOST = "127.0.0.1"
BOUNDS = [*(str(seconds) for seconds in BUCKETS), "+Inf"]

Labels = tuple[str, ...]


class Watched(Struct, frozen=True):
    """What the figures are read from."""

    tally: Tally
    endpoints: Mapping[str, Endpoint]
    store: Store
    budget: BudgetWatch


async def open_metrics(watched: Watched, *, port: int) -> tuple[web.AppRunner, str]:
    """Serve them; whoever calls cleans the runner up. Returns it and the URL; port 0 takes a free one.

    Raises UsageError when the port is in use.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(watched))

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        await runner.cleanup()
        raise UsageError(
            f"--metrics {port}: nobody can listen at {HOST}:{port} ({error}); 0 takes a free port"
        ) from error
    return runner, f"http://{HOST}:{runner.addresses[0][1]}/metrics"


class _Figures(Collector):
    """Read anew for each answer."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def describe(self) -> Iterable[Metric]:
        """Nothing is read at registration, when nothing is counted yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        tally = self._watched.tally
        yield from _of_requests(tally.traffic)
        yield from _of_replicas(self._watched.endpoints)
        yield from _of_tokens(tally)
        yield from _of_rows(tally)
        yield from _of_store(self._watched.store)
        yield from _of_budget(self._watched.budget)


def _of_requests(traffic: Mapping[tuple[str, str], Traffic]) -> Iterator[Metric]:
    counts: dict[Labels, float] = {}
    seconds = HistogramMetricFamily(
        "ovlt_request_seconds", "From a request to its reply.", labels=["model", "endpoint"]
    )
    for key, each in list(traffic.items()):
        below = list(accumulate(each.replies))
        seconds.add_metric(key, list(zip(BOUNDS, map(float, below), strict=True)), sum_value=each.seconds)
        counts |= {(*key, kind): count for kind, count in each.faults.items()} | {(*key, "ok"): below[-1]}
    yield _count("ovlt_requests", "Requests that ended, by how.", ["model", "endpoint", "kind"], counts)
    yield seconds


def _of_replicas(endpoints: Mapping[str, Endpoint]) -> Iterator[Metric]:
    """Replicas whose URLs are shown alike count as one."""
    in_flight, limits, queued, up = Counter[Labels](), Counter[Labels](), Counter[Labels](), Counter[Labels]()
    for name, endpoint in endpoints.items():
        for replica in endpoint.replicas:
            key = (name, replica.label)
            in_flight[key] += replica.in_flight
            limits[key] += replica.limit
            queued[key] += round(replica.queued)
            up[key] += replica.asked
    labels = ["model", "endpoint"]
    yield _gauge("ovlt_requests_in_flight", "Requests without an answer yet.", labels, in_flight)
    yield _gauge("ovlt_replica_limit", "Requests at once that `concurrency: auto` gives it.", labels, limits)
    yield _gauge("ovlt_replica_queued", "Requests that wait in the server, where it shows them.", labels, queued)
    yield _gauge("ovlt_replica_up", "1 while it is asked.", labels, up)
    slots = {(name,): endpoint.pressure.slots for name, endpoint in endpoints.items()}
    yield _gauge("ovlt_slots", "Requests at once over all replicas.", ["model"], slots)


def _of_tokens(tally: Tally) -> Iterator[Metric]:
    sent = tally.sent
    tokens = {(name, "prompt"): each.prompt_tokens for name, each in sent.items()}
    tokens |= {(name, "completion"): each.completion_tokens for name, each in sent.items()}
    yield _count("ovlt_tokens", "Tokens as the servers counted them.", ["model", "kind"], tokens)
    yield CounterMetricFamily("ovlt_loops_cut", "Replies cut because they ran in a loop.", value=tally.loops)
    yield CounterMetricFamily("ovlt_tokens_saved", "Tokens not made, by cutting loops.", value=tally.tokens_saved)


def _of_rows(tally: Tally) -> Iterator[Metric]:
    fates = {("kept",): tally.kept, ("rejected",): tally.rejected.total(), ("failed",): tally.failed.total()}
    yield _count("ovlt_rows", "Rows whose fate is known, before curation.", ["fate"], fates)
    yield GaugeMetricFamily("ovlt_rows_in_window", "Rows that are read and not done.", value=tally.walking)
    limited = {(name,): seconds for name, seconds in tally.limited.items()}
    yield _count("ovlt_limited_seconds", "Seconds that each limit ruled.", ["by"], limited)


def _of_store(store: Store) -> Iterator[Metric]:
    yield GaugeMetricFamily("ovlt_store_uncommitted", "Replies that wait for their commit.", value=store.lag)
    yield GaugeMetricFamily("ovlt_store_lag_seconds", "Since the oldest of these arrived.", value=store.oldest)


def _of_budget(budget: BudgetWatch) -> Iterator[Metric]:
    what = ["model", "what"]
    spent = {
        (name, unit): value
        for name, each in budget.spent.items()
        for unit, value in (("requests", each.requests), ("tokens", each.tokens), ("cost", each.cost))
    }
    yield _gauge("ovlt_spent", "What the run has spent in all its calls.", what, spent)
    yield _gauge("ovlt_budget", "What it may spend; no model for all together.", what, budget.limits)


def _count(name: str, about: str, labels: list[str], values: Mapping[Labels, float]) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _gauge(name: str, about: str, labels: list[str], values: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
