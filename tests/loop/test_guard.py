"""Real processes: whatever a guarded command started ends with it, and with whoever started the guard."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

FAMILY = """
import subprocess, sys, time
plain = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
stray = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(plain.pid, stray.pid, flush=True)
{then}
"""
STAYS, LEAVES = "time.sleep(600)", "sys.exit(7)"


@contextmanager
def guarded(folder: Path, *command: str) -> Generator[subprocess.Popen[str]]:
    guard = [sys.executable, "-m", "ovlt_data.loop.guard", str(folder / "lock"), *command]
    pipe = subprocess.PIPE
    with subprocess.Popen(guard, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1) as process:
        yield process


@contextmanager
def guarded_family(folder: Path, then: str) -> Generator[tuple[subprocess.Popen[str], list[int]]]:
    """A command with a child in its own group and one in another session, by their numbers."""
    with guarded(folder, sys.executable, "-c", FAMILY.format(then=then)) as guard:
        yield guard, [int(word) for word in read_line(guard).split()]


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def wait_until(happened: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not happened() and time.monotonic() < until:
        time.sleep(0.02)
    return happened()


@pytest.mark.skipif(sys.platform != "linux", reason="a session of its own is followed by Linux's prctl")
@pytest.mark.parametrize("then", [STAYS, LEAVES], ids=["told-to-stop", "ended-by-itself"])
def test_nothing_is_left_of_a_commands_family(tmp_path: Path, then: str) -> None:
    with guarded_family(tmp_path, then) as (guard, family):
        assert len(family) == 2
        if then == STAYS:
            assert guard.stdin is not None
            guard.stdin.close()
        assert guard.wait(30) == (7 if then == LEAVES else 128 + signal.SIGTERM)
    assert wait_until(lambda: not any(psutil.pid_exists(pid) for pid in family))


@pytest.mark.skipif(sys.platform != "linux", reason="a session of its own is followed by Linux's prctl")
def test_a_killed_starter_takes_all_with_it(tmp_path: Path) -> None:
    """The starter is killed -9: only its pipe tells the guard."""
    code = f"import sys, time; from pathlib import Path; import test_guard\nplace = Path({str(tmp_path)!r})\n"
    code += "with test_guard.guarded_family(place, test_guard.STAYS) as (_, family):\n"
    code += "    print(*family, flush=True); time.sleep(600)"
    path = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=path) as starter:
        family = [int(word) for word in read_line(starter).split()]
        starter.kill()
    assert len(family) == 2
    assert wait_until(lambda: not any(psutil.pid_exists(pid) for pid in family))


def test_it_returns_the_commands_status(tmp_path: Path) -> None:
    with guarded(tmp_path, sys.executable, "-c", "raise SystemExit(5)") as guard:
        assert guard.wait(30) == 5


def test_it_passes_a_signal_on(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\nsignal.signal(2, lambda *_: sys.exit(9))\nprint('up', flush=True); time.sleep(600)"
    )
    with guarded(tmp_path, sys.executable, "-c", code) as guard:
        assert read_line(guard) == "up\n"
        guard.send_signal(signal.SIGINT)
        assert guard.wait(30) == 9


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    with guarded(tmp_path, "no-such-trainer") as guard:
        _, said = guard.communicate(timeout=30)
    assert guard.returncode == 127
    assert "no-such-trainer" in said
