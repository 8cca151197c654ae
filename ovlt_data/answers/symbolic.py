"""The symbolic worker: math-verify in a process of its own that may hang, swell or die without harm to anybody.

One worker, one task at a time, from any thread and without signals. A task ends its own child when it has used up its
processor time, and the caller kills the child when its deadline passes on a busy machine; a fresh one stands ready in
milliseconds, since the program was loaded before it forked.
The caller's process never imports sympy.
"""

import atexit
import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Literal

from ovlt_data.answers.ruling import Ruling, rule

DEADLINE = 2.6
"""Of the clock, the start of the program included. On an idle machine the worker's CPU_SECONDS are over before."""
_START_DEADLINE = 60.0
_MAX_LENGTH = 2_000
_MAX_NESTING = 64
_WORKER = Path(__file__).with_name("worker.py")
_LARGE = re.compile(r"\d{257}|\^ *+\{? *+[-+]?\d{5}|\d{4,}+ *+[)}]?!|! *+[)}]? *+!|[eE][-+]?\d{5}")
_TOWER = re.compile(r"\^ *+[\d({ ]++\^")
_ROOT = re.compile(r"√ ?(\d+|[A-Za-zα-ω]|(?=[({]))")
_ANGLE = re.compile(r"sin|cos|tan|cot|sec|csc")
_DEGREES = re.compile(r"(\d+(?:\.\d+)?)°")
_LAST_LETTER = re.compile(r"(?!^[A-Za-z]$)(?<![A-Za-z\\])(?!d[a-z])([A-Za-z]*)([A-Za-z])$")
_TEX = str.maketrans(
    {
        "π": r"\pi ",
        "θ": r"\theta ",
        "α": r"\alpha ",
        "β": r"\beta ",
        "∞": r"\infty ",
        "≤": r"\leq ",
        "≥": r"\geq ",
        "≠": r"\neq ",
        "∪": r"\cup ",
        "∩": r"\cap ",
        "∈": r"\in ",
        "±": r"\pm ",
        "°": r"^\circ ",
        "*": r"\cdot ",
    }
)


class WorkerGone(Exception):
    """The worker ended by itself: out of memory, as a rule."""


def decide(answer: str, gold: str) -> Ruling:
    """Whether two formulas are equal as math-verify sees it; unscorable where it finds no end."""
    if not fits(answer):
        return Ruling("wrong", "symbolic", "over_size")
    if not fits(gold):
        return Ruling("unscorable", "symbolic", "memory")
    try:
        return rule(_worker.ask(_as_tex(answer), _as_tex(gold)), "symbolic")
    except TimeoutError:
        return Ruling("unscorable", "symbolic", "timeout")
    except WorkerGone:
        return Ruling("unscorable", "symbolic", "memory")


PeerRule = Literal["paper", "math-verify", "mathvision"]


def same_by(rule: PeerRule, answer: str, gold: str) -> bool:
    """What another grader's own rule says, run where it can do no harm; raises TimeoutError and WorkerGone."""
    return _worker.ask(answer, gold, rule=rule)


def start() -> None:
    """Load the worker now, where checks are sure to follow, so that no check has to wait for it."""
    _worker.start()


def fits(text: str) -> bool:
    """Small enough to be worth a look: length, digits, exponents, factorials, nesting."""
    text = text.replace("**", "^")
    if len(text) > _MAX_LENGTH or _LARGE.search(text) or _TOWER.search(text):
        return False
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > _MAX_NESTING:
            return False
    return True


def _as_tex(text: str) -> str:
    """Back from our one spelling to what math-verify reads."""
    if _ANGLE.search(text):
        text = _DEGREES.sub(r"(\\frac{\1\\pi}{180})", text)
    text = _LAST_LETTER.sub(r"\1{\2}", text)  # else the t of "cos 2t" is taken for a unit, and dropped
    return _ROOT.sub(r"\\sqrt{\1}", text.replace("**", "^")).replace(r"\sqrt{}", r"\sqrt").translate(_TEX)


class Worker:
    """A persistent process, started when first asked, that answers one JSON line with another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._child = 0
        self._tasks = 0
        self._unread = b""

    def ask(
        self, answer: str, gold: str, *, rule: PeerRule | Literal["ours"] = "ours", deadline: float = DEADLINE
    ) -> bool:
        with self._lock:
            end = time.monotonic() + deadline
            process = self._ready(end)
            self._tasks += 1
            self._send(process, {"task": self._tasks, "rule": rule, "gold": gold, "answer": answer})
            try:
                return self._verdict(process, end)
            except TimeoutError:
                self._kill_child()
                raise

    def start(self) -> None:
        with self._lock, contextlib.suppress(TimeoutError, WorkerGone):  # the first check will say so
            self._ready(time.monotonic() + _START_DEADLINE)

    def stop(self) -> None:
        with self._lock:
            self._end()

    def _verdict(self, process: subprocess.Popen[bytes], end: float) -> bool:
        while True:
            reply = self._receive(process, end)
            if reply.get("task") == self._tasks:
                return bool(reply["equal"])
            if reply.get("died") == self._child:
                self._child = 0
                raise TimeoutError if reply["late"] else WorkerGone
            self._child = reply.get("ready", self._child)  # a recycled child's successor takes the task

    def _ready(self, end: float) -> subprocess.Popen[bytes]:
        """A process whose child waits for a task; what a killed child may still have said is read away."""
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = _start()
        while not self._child:
            self._child = self._receive(self._process, end).get("ready", 0)
        return self._process

    def _send(self, process: subprocess.Popen[bytes], task: dict[str, str | int]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            self._end()
            raise WorkerGone from None

    def _receive(self, process: subprocess.Popen[bytes], end: float) -> dict[str, int]:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0.0, end - time.monotonic())):
                    raise TimeoutError
                piece = os.read(process.stdout.fileno(), 65_536)
                if not piece:
                    self._end()
                    raise WorkerGone
                self._unread += piece
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line)

    def _kill_child(self) -> None:
        """The program forks the next one at once, and it is waited for only when it is needed."""
        if not self._child:
            return
        try:
            os.kill(self._child, signal.SIGKILL)
        except ProcessLookupError:
            self._end()
        self._child = 0

    def _end(self) -> None:
        process, self._process = self._process, None
        self._child, self._unread = 0, b""
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", str(_WORKER)],  # -P: the folder's numbers.py must not shadow the library's
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the caller
    )


_worker = Worker()


def _stop_worker() -> None:
    _worker.stop()


def _forget_worker() -> None:
    """After a fork the pipes belong to the parent."""
    global _worker
    _worker = Worker()


atexit.register(_stop_worker)
os.register_at_fork(after_in_child=_forget_worker)
