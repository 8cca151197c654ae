"""Failing rows stop a run when they mean something bigger, and only then."""

import pytest

from ovlt_data.errors import TooManyFailures
from ovlt_data.generate.stops import FailureWatch


def fail(watch: FailureWatch, kind: str, *, times: int) -> None:
    for _ in range(times):
        watch.fail(watch.start(), kind, "no answer")


def test_first_rows_all_failing_alike_stop_the_run() -> None:
    watch = FailureWatch(max_failed=1.0, first_alike=20)
    fail(watch, "timeout", times=19)
    with pytest.raises(TooManyFailures, match="first 20 rows all failed alike: timeout: no answer"):
        fail(watch, "timeout", times=1)


def test_first_rows_that_fail_in_two_ways_go_on() -> None:
    watch = FailureWatch(max_failed=1.0, first_alike=5)
    fail(watch, "timeout", times=2)
    fail(watch, "connection", times=1)
    fail(watch, "timeout", times=30)


def test_a_good_row_among_the_first_lets_the_run_go_on() -> None:
    watch = FailureWatch(max_failed=1.0, first_alike=5)
    watch.go_well(watch.start())
    fail(watch, "timeout", times=30)


def test_rows_that_fail_fast_are_not_the_first_while_slow_ones_are_under_way() -> None:
    watch = FailureWatch(max_failed=0.2, first_alike=20)
    for _ in range(200):
        watch.start()
    fail(watch, "context_too_long", times=50)


def test_too_large_a_share_stops_the_run_once_it_says_something() -> None:
    watch = FailureWatch(max_failed=0.2, first_alike=20)
    for _ in range(40):
        watch.go_well(watch.start())
    fail(watch, "timeout", times=19)
    with pytest.raises(TooManyFailures, match="20 of 60 rows failed"):
        fail(watch, "timeout", times=1)
