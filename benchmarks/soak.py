"""Memory and latency over a long run, as a picture: python -m benchmarks.soak [--rows N] [--to soak.png]

All of generate, as in benchmarks/memory.py, with one request for each row. The mock server takes DELAY for each, which
leaves the client some air: what drifts then is ours. Latency is that of the transport, from posting to the whole reply.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import quantiles

import uvloop
from msgspec import Struct

from benchmarks.memory import generate_rows, resident
from benchmarks.mock_server import mock_server
from ovlt_data.engine.transport import AiohttpTransport, Answer

ROWS = 200_000
IN_FLIGHT = 64
DELAY = 0.08
SLICE = 2.0
"""Seconds."""


class Slice(Struct, frozen=True):
    """What was seen in SLICE seconds that ended at `seconds`; memory in MB, latency in ms."""

    seconds: float
    total: int
    anonymous: int
    p50: float
    p99: float


class TimedTransport(AiohttpTransport):
    """Notes how long each request takes, in ms."""

    def __init__(self) -> None:
        super().__init__(connect_timeout=10.0)
        self.latencies: list[float] = []

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        started = time.perf_counter()
        answer = await super().post(url, body, headers, seconds=seconds)
        self.latencies.append(1000 * (time.perf_counter() - started))
        return answer


async def soak(url: str, rows: int, folder: Path) -> list[Slice]:
    transport, slices, started = TimedTransport(), list[Slice](), time.perf_counter()
    walk = asyncio.create_task(generate_rows(url, rows, folder, in_flight=IN_FLIGHT, transports={"m": transport}))
    while not walk.done():
        await asyncio.wait([walk], timeout=SLICE)
        latencies, transport.latencies = transport.latencies, []
        if len(latencies) > 100:
            cuts = quantiles(latencies, n=100)
            total, anonymous, _ = resident()
            slices.append(Slice(time.perf_counter() - started, total, anonymous, cuts[49], cuts[98]))
    await walk
    return slices


def draw(slices: list[Slice], rows: int, to: Path) -> None:
    import matplotlib.pyplot as plt  # here, since it would be a third of the memory that is measured

    figure, (memory, latency) = plt.subplots(2, sharex=True, figsize=(9, 6), layout="constrained")
    seconds = [one.seconds for one in slices]
    memory.plot(seconds, [one.total for one in slices], label="resident")
    memory.plot(seconds, [one.anonymous for one in slices], label="anonymous")
    memory.set(ylabel="MB", ylim=0, title=f"{rows:,} requests, {IN_FLIGHT} in flight, a server that takes 80 ms")
    latency.plot(seconds, [one.p99 for one in slices], label="p99")
    latency.plot(seconds, [one.p50 for one in slices], label="p50")
    latency.set(ylabel="ms", ylim=0, xlabel="seconds")
    for axes, corner in ((memory, "lower right"), (latency, "upper right")):
        axes.legend(loc=corner)
        axes.grid(alpha=0.3)
    figure.savefig(to, dpi=100)


def main(rows: int, to: Path) -> None:
    with mock_server("--sentences", "2", "--delay", str(DELAY)) as url, tempfile.TemporaryDirectory() as folder:
        slices = uvloop.run(soak(url, rows, Path(folder)))
    tenth = max(1, len(slices) // 10)
    for name, part in (("second tenth", slices[tenth : 2 * tenth]), ("last tenth", slices[-tenth - 1 : -1])):
        total, p50, p99 = (max(getattr(one, field) for one in part) for field in ("total", "p50", "p99"))
        print(f"{name}: at most {total} MB, p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    draw(slices, rows, to)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Memory and latency over a long run, as a picture.")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--to", type=Path, default=Path("soak.png"))
    given = parser.parse_args()
    main(given.rows, given.to)
