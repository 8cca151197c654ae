"""When a request that failed is tried again."""

import random

from tenacity import RetryCallState

from ovlt_data.engine.replicas import Replica
from ovlt_data.engine.status import Fault

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
"""Seconds; doubled from attempt to attempt, with full jitter."""


class Passing(Exception):
    """An attempt that may go better next time."""

    def __init__(self, fault: Fault, replica: Replica) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.replica = replica


def seconds_before_next(state: RetryCallState, *, backoff: float) -> float:
    """Until the next attempt: what the server asks for, else doubled with full jitter.

    None after a first broken connection: that is most often a kept-alive one which the server had closed.
    """
    fault = failure_of(state).fault
    if fault.retry_after is not None:
        return fault.retry_after + random.uniform(0, backoff)
    if fault.kind == "connection" and state.attempt_number == 1:
        return 0.0
    return random.uniform(0, min(LONGEST_BACKOFF, backoff * 2**state.attempt_number))


def failure_of(state: RetryCallState) -> Passing:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, Passing), "tenacity waits only after a Passing"
    return failure
