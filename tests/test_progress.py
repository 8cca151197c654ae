"""Words about a run that goes on."""

import pytest

from ovlt_data.engine.tally import Sent, Tally
from ovlt_data.progress import Pace, clock, line


def test_line_counts_what_was_done_and_what_went_wrong() -> None:
    tally = Tally(total=10, kept=3, captions=4, samples=12, in_flight=2)
    tally.sent["m"] = Sent(requests=20, completion_tokens=900)
    tally.verdicts["correct"] = 7
    tally.failed["timeout"] = 1
    said = line(Pace(tally))
    assert all(
        words in said
        for words in (
            "rows 4/10",
            "samples 12 (7 correct)",
            "requests 20",
            "2 in flight",
            "tokens 900",
            "failed timeout 1",
        )
    )


@pytest.mark.parametrize(("total", "kept"), [(None, 5), (10, 0)], ids=["unknown-total", "nothing-done"])
def test_time_to_go_is_said_only_where_it_is_known(total: int | None, kept: int) -> None:
    pace = Pace(Tally(total=total, kept=kept))
    assert pace.remaining is None
    assert "ETA" not in line(pace)


def test_time_to_go_follows_from_the_pace_so_far() -> None:
    pace = Pace(Tally(total=1000, kept=10))
    pace._start -= 60
    assert pace.remaining == pytest.approx(99 * 60, rel=0.01)
    assert "ETA 1:39:0" in line(pace)


@pytest.mark.parametrize(("seconds", "said"), [(5.9, "0:05"), (65, "1:05"), (7390, "2:03:10")])
def test_clock_reads_as_people_read_it(seconds: float, said: str) -> None:
    assert clock(seconds) == said
