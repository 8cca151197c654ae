"""The program that the symbolic worker runs, as a file of its own: it knows sympy's users and nothing of ovlt.

The outer process loads math-verify once and forks a child that serves tasks, one JSON line each; when the child is
killed or has served its share (sympy's caches only grow) another is forked. It ends when its standard input does. A
task has so much processor time and no more, whether or not its caller still waits for it.
"""

import json
import os
import re
import resource
import signal
from typing import Any, TextIO

MEMORY = 2 * 2**30
TASKS_PER_CHILD = 2_000
CPU_SECONDS = 1.4
_MAX_OPERATIONS = 60
_DIGITS, _ZERO = 40, 1e-30
_SEEN_EARLY = (r"\frac{1}{2}+\sqrt{x^2}", r"\sin^2 x+\cos x", r"[1,\infty)\cup\{2\}", r"a_n=\sum_{k=1}^{n-1} a_{k-1}b")
_DONE, _RECYCLE = 0, 3


def main() -> None:
    from math_verify import parse, verify  # half a second: only here, where it is waited for

    _warm_up(parse, verify)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not look like a reply
    while True:
        child = os.fork()
        if child == 0:
            os._exit(_serve(replies, parse, verify))
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        if ended == _DONE:
            return
        if ended != _RECYCLE:
            _say(replies, {"died": child, "late": ended == -signal.SIGPROF})


def _warm_up(parse: Any, verify: Any) -> None:
    """The grammar and sympy load much of themselves at first use: once here, not in every child."""
    for formula in _SEEN_EARLY:
        _equal(formula, f"1+{formula}-1", parse, verify)


def _serve(replies: TextIO, parse: Any, verify: Any) -> int:
    _say(replies, {"ready": os.getpid()})
    for _ in range(TASKS_PER_CHILD):
        line = _read_line()
        if not line:
            return _DONE
        if not line.startswith(b"{"):  # a child that died within a line took a part of it along
            continue
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)  # its signal ends the child, within C code as well
        task = json.loads(line)
        equal = _same(task, parse, verify)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _say(replies, {"task": task["task"], "equal": equal})
    return _RECYCLE


def _read_line() -> bytes:
    """Unbuffered, so that the next child finds every line that this one did not take."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        line += byte
    return line


def _same(task: dict[str, str], parse: Any, verify: Any) -> bool:
    rule, gold, answer = task["rule"], task["gold"], task["answer"]
    if rule == "paper":
        return _same_to_mathruler(gold, answer)
    if rule == "mathvision":
        return _same_to_mathvision(gold, answer)
    if rule == "math-verify":
        return bool(
            verify(parse(gold, parsing_timeout=None), parse(answer, parsing_timeout=None), timeout_seconds=None)
        )
    return _equal(gold, answer, parse, verify)


def _same_to_mathruler(gold: str, answer: str) -> bool:
    from mathruler.grader import grade_answer  # an extra, needed for comparisons only

    return bool(grade_answer(answer, gold))


def _same_to_mathvision(gold: str, answer: str) -> bool:
    """Tuples by their items; to two places. What can't be read is different, as the benchmark has it."""
    try:
        return _rounded(gold) == _rounded(answer)
    except MemoryError:
        raise
    except Exception:  # the benchmark's own rule: whatever goes wrong in reading a formula makes it another one
        return False


def _rounded(text: str) -> tuple[str, list[float]]:
    from latex2sympy2_extended import latex2sympy

    read: Any = latex2sympy  # returns a tuple, a list or nothing where it finds no expression
    bracketed = re.fullmatch(r"([(\[])(.*,.*)[)\]]", text, re.DOTALL)
    items = bracketed[2].split(",") if bracketed else [text]
    return bracketed[1] if bracketed else "", [round(float(read(item).evalf()), 2) for item in items]


def _equal(gold: str, answer: str, parse: Any, verify: Any) -> bool:
    wanted = parse(f"\\boxed{{{gold}}}", parsing_timeout=None)
    said = parse(f"\\boxed{{{answer}}}", parsing_timeout=None)
    return bool(verify(wanted, said, timeout_seconds=None)) or (bool(wanted and said) and _same_as(wanted[0], said[0]))


def _same_as(wanted: Any, said: Any) -> bool:
    """What verify leaves open: inequalities by their solutions, i as the imaginary unit, logarithms of products."""
    import sympy

    library: Any = sympy
    inequalities = (sympy.StrictLessThan, sympy.LessThan, sympy.StrictGreaterThan, sympy.GreaterThan)
    try:
        if all(isinstance(side, inequalities) for side in (wanted, said)):
            return bool(wanted.as_set() == said.as_set())
        if not all(isinstance(side, library.Expr) and side.count_ops() < _MAX_OPERATIONS for side in (wanted, said)):
            return False
        difference = _with_imaginary(wanted) - _with_imaginary(said)
        if not difference.free_symbols:
            return bool(abs(difference.evalf(_DIGITS)) < _ZERO)
        return bool(library.expand(library.expand_log(difference, force=True)) == 0)
    except MemoryError:
        raise
    except Exception:  # sympy has no list of what it raises on what it can't solve; that leaves them different
        return False


def _with_imaginary(formula: Any) -> Any:
    import sympy

    return formula.subs({symbol: sympy.I for symbol in formula.free_symbols if symbol.name == "i"}).doit()


def _say(replies: TextIO, message: dict[str, int]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
