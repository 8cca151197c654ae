"""python -m ovlt_data.loop.guard LOCK COMMAND …: a command that ends with whoever started it, and all it started too.

Servers and trainers start processes of their own, some in sessions of their own, and a loop that is killed can't end
them. So each command runs under a guard, which holds a pipe from the loop: when it closes, however the loop ended, the
command is told to stop, and what is left of its family after GOODBYE seconds is killed. Meanwhile the guard holds LOCK:
the next loop in this folder waits until the last child of this one is gone.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

GOODBYE = 10.0
NOT_FOUND = 127
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
DIE_WITH_PARENT, ADOPT_ORPHANS = 1, 36
"""Of Linux's prctl: PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER."""


def main() -> int:
    lock, command = Path(sys.argv[1]), sys.argv[2:]
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        return guard(command)


def guard(command: list[str]) -> int:
    """Run it; its exit status, 128 + the signal's number where one ended it."""
    _prctl(ADOPT_ORPHANS, 1)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a signal for all of them reaches no one else
            preexec_fn=_die_with_parent,  # there are no threads yet
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    for number in SIGNALS:
        signal.signal(number, lambda heard, _: child.send_signal(heard))
    threading.Thread(target=_end_with_parent, args=(child,), daemon=True).start()
    status = child.wait()
    _kill_family(child.pid)
    return status if status >= 0 else 128 - status


def _end_with_parent(child: subprocess.Popen[bytes]) -> None:
    os.read(sys.stdin.fileno(), 1)  # a buffered read would hold the lock that our own exit needs
    _signal_group(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GOODBYE)
    _signal_group(child.pid, signal.SIGKILL)


def _kill_family(group: int) -> None:
    """What the command left behind: its group, and orphans from other groups, which have become our children."""
    _signal_group(group, signal.SIGKILL)
    while orphans := _children():
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _children() -> list[int]:
    """Ours by the kernel's list; none on a system that has no such list."""
    found = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in found.read_text("ascii").split()] if found.exists() else []


def _die_with_parent() -> None:
    _prctl(DIE_WITH_PARENT, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


if __name__ == "__main__":
    sys.exit(main())
