"""Whether a replica is well: decided from counters and times, with a clock of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.engine.health import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PASSED_TRIAL,
    STALL,
    Health,
    count_failure,
    count_look,
    count_reply,
    does_well,
    fails,
    leave_out,
    let_in,
    pause,
    read_tokens,
    stalls,
)

METRICS = """\
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="a}b"} 1.5e+06
vllm:generation_tokens_total{engine="1",model_name="a}b"} 100.0
vllm:prompt_tokens_total{engine="0"} 7.0
vllm:prompt_tokens_total_created{engine="0"} 1.7e+09
vllm:request_prompt_tokens_sum{engine="0"} 3.0
"""


def fail(health: Health, times: int) -> Health:
    for moment in range(times):
        health = count_failure(health, sent_at=100.0, now=100.0 + moment)
    return health


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param(METRICS, 1_500_107, id="two engines, both counters"),
        pytest.param("vllm:generation_tokens_total 3\n", 3, id="no labels"),
        pytest.param("sglang:generation_tokens_total 3\n", None, id="another server"),
    ],
)
def test_tokens_are_read_from_prometheus_text(text: str, tokens: float | None) -> None:
    assert read_tokens(text) == tokens


def test_failures_count_only_in_a_row() -> None:
    nearly = fail(Health(), FAILURES - 1)
    assert not fails(nearly)
    assert fails(fail(nearly, 1))
    assert not fails(fail(count_reply(nearly, seconds=1.0, now=200.0), FAILURES - 1))


def test_one_failure_on_probation_is_enough_but_not_one_of_a_request_from_before() -> None:
    back = let_in(leave_out(Health()), now=300.0)
    assert not fails(count_failure(back, sent_at=299.0, now=301.0))
    assert fails(count_failure(back, sent_at=300.0, now=301.0))


def test_each_pause_is_twice_as_long_until_a_probation_is_passed() -> None:
    health, pauses = Health(), list[float]()
    for _ in range(8):
        health = leave_out(health)
        pauses.append(pause(health))
        health = let_in(health, now=0.0)
    assert pauses == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, LONGEST_PAUSE, LONGEST_PAUSE]
    trials = list[int]()
    while health.trial:
        trials.append(health.trial)
        health = count_reply(health, seconds=1.0, now=1.0)
    assert trials == list(range(4, PASSED_TRIAL))
    assert pause(leave_out(health)) == FIRST_PAUSE


def test_return_of_one_whose_port_was_closed_is_no_probation() -> None:
    assert let_in(Health(), now=1.0).trial == 0


@pytest.mark.parametrize(
    ("tokens", "in_flight", "stalled"),
    [
        pytest.param(500.0, 3, True, id="counter stands still"),
        pytest.param(501.0, 3, False, id="counter moved"),
        pytest.param(None, 3, False, id="no counter: that it answers is what can be known"),
        pytest.param(500.0, 0, False, id="nothing to do"),
        pytest.param(0.0, 3, False, id="counter of a server that was started anew"),
    ],
)
def test_stall_is_no_sign_of_life_with_requests_in_flight(tokens: float | None, in_flight: int, stalled: bool) -> None:
    before = Health(tokens=500.0, alive_at=100.0)
    health = count_look(before, tokens=tokens, now=101.0)
    assert stalls(health, in_flight=in_flight, now=100.0 + STALL) == stalled


@pytest.mark.parametrize(
    ("health", "in_flight", "well"),
    [
        pytest.param(Health(alive_at=51.0), 9, True, id="moved since"),
        pytest.param(Health(alive_at=49.0), 9, False, id="has not moved since"),
        pytest.param(Health(), 0, True, id="had nothing to do"),
        pytest.param(Health(alive_at=51.0, failed=1), 9, False, id="failed last"),
    ],
)
def test_another_can_stand_in_if_it_moves_or_is_idle(health: Health, in_flight: int, well: bool) -> None:
    assert does_well(health, in_flight=in_flight, since=50.0) == well


@given(st.lists(st.sampled_from(["reply", "failure", "look", "out"]), max_size=60))
def test_whatever_happens_a_pause_is_bounded_and_replies_end_every_probation(events: list[str]) -> None:
    health = Health()
    for now, event in enumerate(events):
        if event == "reply":
            health = count_reply(health, seconds=1.0, now=now)
        elif event == "failure":
            health = count_failure(health, sent_at=now, now=now)
        elif event == "look":
            health = count_look(health, tokens=0.0, now=now)
        else:
            health = leave_out(health)
            assert FIRST_PAUSE <= pause(health) <= LONGEST_PAUSE
            health = let_in(health, now=now)
    for _ in range(PASSED_TRIAL):
        health = count_reply(health, seconds=1.0, now=100.0)
    assert (health.trial, health.failed) == (0, 0)
