"""The worker may hang, swell or die; the caller may not."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from ovlt_data.answers import grade, symbolic
from ovlt_data.answers.symbolic import Worker, WorkerGone, decide, fits

SLOW = r"\int_0^{\infty} \frac{\sin(x^3)\log(x)}{1+x^7}e^{-x^2} dx"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker()
    made.start()
    yield made
    made.stop()


def test_it_knows_equal_from_different(worker: Worker) -> None:
    assert worker.ask(r"\sin^2 x + \cos^2 x", "1")
    assert not worker.ask(r"\sin x", "1")


def test_a_task_without_end_is_killed_at_its_deadline_and_the_next_is_answered(worker: Worker) -> None:
    with pytest.raises(TimeoutError):
        worker.ask(SLOW, "1", deadline=0.3)
    assert worker.ask("x+1", "1+x")


def test_a_task_ends_when_its_processor_time_is_used_up(worker: Worker) -> None:
    with pytest.raises(TimeoutError):
        worker.ask(SLOW, "1", deadline=60)
    assert worker.ask("x+1", "1+x")


def test_a_child_that_dies_is_replaced(worker: Worker) -> None:
    worker.ask("x", "x")
    os.kill(worker._child, 9)
    with pytest.raises(WorkerGone):
        worker.ask("x", "x")
    assert worker.ask("x", "x")


def test_a_program_that_dies_is_started_again(worker: Worker) -> None:
    assert worker._process is not None
    os.killpg(worker._process.pid, 9)
    worker._process.wait()
    worker.start()
    assert worker.ask("x", "x")


def test_any_thread_may_ask() -> None:
    symbolic.start()
    verdicts: list[str] = []

    def ask(number: int) -> None:
        verdict = grade(rf"\cos^2 x + {number}", rf"{number} + 1 - \sin^2 x", answer_type="expression")
        verdicts.append(verdict.status)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == ["correct"] * 8


def test_a_verdict_that_finds_no_end_is_unscorable(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_end(answer: str, gold: str) -> bool:
        raise TimeoutError

    monkeypatch.setattr(symbolic._worker, "ask", without_end)
    assert decide("x", r"\sin x")[:3] == ("unscorable", "symbolic", "timeout")


@pytest.mark.parametrize(
    "text", ["9" * 300, "x" * 3000, "(" * 70, "2^{1000000}", "99999!", "((9!)!)!", "9^{9^9}", "9**9**9"]
)
def test_what_is_too_large_never_reaches_it(text: str) -> None:
    assert not fits(text)
    assert decide(text, "x").reason == "over_size"


def test_the_callers_process_never_loads_sympy() -> None:
    code = (
        "import sys; from ovlt_data.answers import grade, symbolic; symbolic.start();"
        r"v = grade(r'\sin^2 x', r'1-\cos^2 x', answer_type='expression');"
        "assert v.status == 'correct', v; assert not {'sympy', 'math_verify'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).stderr == b""


def test_it_dies_with_its_parent() -> None:
    code = (
        "import os; from ovlt_data.answers import symbolic; symbolic.start();"
        "print(symbolic._worker._process.pid, symbolic._worker._child, flush=True); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    left = [psutil.Process(pid) for pid in map(int, killed.stdout.split()) if psutil.pid_exists(pid)]
    end = time.monotonic() + 10
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in left):
        assert time.monotonic() < end
        time.sleep(0.05)
