"""Checks a second on one core, beside math-verify and MathRuler: python -m benchmarks.grading

Whole outputs as models write them, every one of them different, extraction included; no cache can help. math-verify
gets what its own parsing would not find: our extracted answer in a box, the gold in a box ("careful"). MathRuler gets
the extracted answer too; where it is not installed its column is left out.
"""

import importlib
import importlib.util
import random
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from math_verify import parse, verify

from ovlt_data.answers import extract, grade, symbolic
from ovlt_data.types import AnswerType

TYPED, SYMBOLIC, PEERS = 40_000, 24, 60


class Case(NamedTuple):
    output: str
    gold: str
    kind: AnswerType
    choices: tuple[str, ...] = ()


def main() -> None:
    symbolic.start()
    typed, hard = list(typed_cases(TYPED, seed=1)), list(symbolic_cases(SYMBOLIC, seed=2))
    for name, ours, theirs in (("typed visual", typed, typed[:PEERS]), ("symbolic", hard, hard)):
        figures = [f"ovlt {rate(ours, by_ovlt):,.0f}", f"math-verify {rate(theirs, by_math_verify):,.0f}"]
        if importlib.util.find_spec("mathruler"):
            figures.append(f"mathruler {rate(theirs, by_mathruler):,.0f}")
        print(f"{name}: {', '.join(figures)} checks/s")


def rate(cases: list[Case], check: Callable[[Case], bool]) -> float:
    """Per second of this process's time, or of the clock where most of it was spent waiting for the worker."""
    start, used = time.perf_counter(), time.process_time()
    for case in cases:
        check(case)
    taken, used = time.perf_counter() - start, time.process_time() - used
    return len(cases) / (used if cases[0].kind != "expression" else taken)


def by_ovlt(case: Case) -> bool:
    return grade(case.output, case.gold, answer_type=case.kind, choices=case.choices).status == "correct"


def by_math_verify(case: Case) -> bool:
    """Without its timeouts, which would only slow it down."""
    said = parse(f"\\boxed{{{extract(case.output).value}}}", parsing_timeout=0)
    return verify(parse(f"\\boxed{{{case.gold}}}", parsing_timeout=0), said, timeout_seconds=0)


def by_mathruler(case: Case) -> bool:
    return importlib.import_module("mathruler.grader").grade_answer(extract(case.output).value or "", case.gold)


def typed_cases(count: int, *, seed: int) -> Iterator[Case]:
    """Numbers with units, choices, yes or no, words, sets and times in equal parts; two in three are right."""
    draw = random.Random(seed)
    makers = (_number, _choice, _yes_no, _word, _set, _time)
    for at in range(count):
        case = makers[at % len(makers)](draw, at)
        yield case._replace(output=_dressed(case.output, at))


def symbolic_cases(count: int, *, seed: int) -> Iterator[Case]:
    """What our own reader leaves to the worker: functions, matrices, roots of letters."""
    draw = random.Random(seed)
    for at in range(count):
        a, b = draw.randint(2, 99), draw.randint(2, 99)
        said, gold = (
            (rf"\sin^2 {a}x + \cos^2 {a}x + {b}", rf"1 + {b}"),
            (rf"\sqrt{{{a}x+{b}}} + \sqrt{{x+{at}}}", rf"\sqrt{{x+{at}}} + \sqrt{{{b}+{a}x}}"),
            (rf"\frac{{\tan {a}x}}{{{b}}}", rf"\frac{{\sin {a}x}}{{{b}\cos {a}x}}"),
            (rf"\log_{{{a}}} {a**2} + {b}y", rf"2 + {b}y"),
        )[at % 4]
        yield Case(f"\\boxed{{{said}}}", gold, "expression")


def _dressed(answer: str, at: int) -> str:
    thought = f"<think>Step {at}: the figure shows what the question asks for, so the values are compared.</think>"
    return (
        f"{thought}\n\n<answer>{answer}</answer>",
        f"{thought}\nSo the result of step {at} follows. \\boxed{{{answer}}}",
        f"After step {at}, the answer is {answer}.",
        answer,
    )[at // 6 % 4]


def _number(draw: random.Random, at: int) -> Case:
    value, unit = draw.randint(1, 10**6), draw.choice(("cm", "m", "people", "%", "degrees"))
    return Case(f"{value + (at % 9 == 0):,}.{at % 100:02} {unit}", f"{value}.{at % 100:02}", "number")


def _choice(draw: random.Random, at: int) -> Case:
    start = draw.randint(1, 10**6)
    choices = tuple(f"{start + step * (at % 7 + 2)} cm" for step in range(4))
    place, said = draw.randrange(4), draw.randrange(3)
    text = (f"({'ABCD'[place]})", choices[place], f"{'ABCD'[place]}. {choices[place]}")[said]
    return Case(text, "ABCD"[place if at % 9 else 3 - place], "choice", choices)


def _yes_no(draw: random.Random, at: int) -> Case:
    word = draw.choice(("Yes", "No"))
    return Case(f"{word}, bar {at} is what was asked for", word if at % 9 else "Maybe", "yes_no")


def _word(draw: random.Random, at: int) -> Case:
    colour, shape = draw.choice(("red", "gray", "dark blue")), draw.choice(("cube", "sphere", "bus"))
    return Case(f"It is a {colour} {shape} {at}", f"{colour} {shape} {at if at % 9 else 'x'}", "text")


def _set(draw: random.Random, at: int) -> Case:
    names = [f"{draw.choice(('North', 'South', 'West'))} Town {at + step}" for step in range(3)]
    return Case(", ".join(reversed(names)), str(names[: 3 if at % 9 else 2]), "set")


def _time(draw: random.Random, at: int) -> Case:
    hour, minute = draw.randint(1, 12), at % 60
    return Case(f"{hour}:{minute:02} PM", f"{hour}:{minute:02} {'P.M.' if at % 9 else 'A.M.'}", "time")


if __name__ == "__main__":
    main()
