"""What limits a run, from figures alone."""

import pytest
from msgspec.structs import replace

from ovlt_data.engine.bottleneck import Pressure, Snapshot, what_limits

FULL = Pressure(model="m", taken=30, slots=32)
IDLE = Pressure(model="m", slots=32)


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (Snapshot(budget="budget.tokens", cpu=1.0), "budget"),
        (Snapshot(pressures=[Pressure(model="m", up=False)]), "endpoint"),
        (Snapshot(pressures=[replace(FULL, queued=8)], cpu=1.0), "endpoint"),
        (Snapshot(pressures=[FULL], cpu=0.95), "our CPU"),
        (Snapshot(pressures=[FULL], late=0.3), "our CPU"),
        (Snapshot(pressures=[FULL], uncommitted=90, oldest=4.0), "disk"),
        (Snapshot(pressures=[replace(FULL, auto=False)]), "our limit"),
        (Snapshot(pressures=[Pressure(model="m", paced=True)]), "our limit"),
        (Snapshot(pressures=[replace(FULL, growing=True)]), "our limit"),
        (Snapshot(pressures=[FULL]), "endpoint"),
        (Snapshot(pressures=[replace(IDLE, backing_off=3)]), "endpoint"),
        (Snapshot(pressures=[IDLE], rows=5, wanted=64), "source"),
        (Snapshot(pressures=[IDLE], rows=5, wanted=64, all_read=True), "last rows"),
        (Snapshot(rows=64, wanted=64), "our CPU"),
    ],
    ids=[
        "budget",
        "outage",
        "queue",
        "cpu",
        "late",
        "disk",
        "fixed",
        "rpm",
        "growing",
        "known-limit",
        "back-off",
        "source",
        "last",
        "work",
    ],
)
def test_what_limits_follows_from_the_figures(now: Snapshot, name: str) -> None:
    assert what_limits(now).name == name


def test_of_two_models_the_one_that_is_full_limits() -> None:
    idle, full = Pressure(model="captioner", slots=32), replace(FULL, auto=False)
    assert str(what_limits(Snapshot(pressures=[idle, full]))) == "our limit (m: limits.concurrency 32)"
