"""Failing rows stop a run when they mean something bigger, and only then."""

import pytest

from ovlt_data.errors import TooManyFailures
from ovlt_data.generate.stops import FailureWatch


def test_first_rows_all_failing_alike_stop_the_run() -> None:
    watch = FailureWatch(max_failed=1.0, first_alike=20)
    for _ in range(19):
        watch.note("timeout", "no answer")
    with pytest.raises(TooManyFailures, match="first 20 rows all failed alike: timeout: no answer"):
        watch.note("timeout", "no answer")


@pytest.mark.parametrize("other", ["connection", None], ids=["another-kind", "a-good-row"])
def test_first_rows_that_differ_go_on(other: str | None) -> None:
    watch = FailureWatch(max_failed=1.0, first_alike=5)
    for kind in ["timeout", "timeout", other, *["timeout"] * 30]:
        watch.note(kind)


def test_too_large_a_share_stops_the_run_once_it_says_something() -> None:
    watch = FailureWatch(max_failed=0.2, first_alike=20)
    for _ in range(40):
        watch.note(None)
    for _ in range(19):
        watch.note("timeout")
    with pytest.raises(TooManyFailures, match="20 of 60 rows failed"):
        watch.note("timeout")
