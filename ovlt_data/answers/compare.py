"""Other graders beside ours: the paper's reward, math-verify as its README says, and the benchmarks' own rules.

All that reads formulas with sympy runs in the killable worker. Where they differ from ours is counted, and the first
differences are kept to be shown.
"""

import re
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Literal, Unpack

from ovlt_data.answers.grade import GoldOptions
from ovlt_data.answers.official import OFFICIAL, Scored, score
from ovlt_data.answers.symbolic import WorkerGone, same_by
from ovlt_data.answers.vqa import ENOUGH

GRADERS = ("paper", "math-verify", *(f"official:{name}" for name in OFFICIAL))
SHOWN = 5
"""Differences that are kept, per grader."""
NOT_MEANT = {"no_gold", "no_choices"}
"""Reasons of an official rule to leave out a line that is no problem of its benchmark."""

_FIRST_TAG = re.compile(r"<answer>(.*?)</answer>")
_WIDTH = 60


def compare_fault(names: Sequence[str]) -> str | None:
    """What is wrong with names of graders, None if nothing."""
    unknown = [name for name in names if name not in GRADERS]
    if unknown:
        return f"{unknown[0]}: no such grader; expected any of {', '.join(GRADERS)}"
    if "paper" in names and (find_spec("mathruler") is None or find_spec("pylatexenc") is None):
        return "paper: needs MathRuler, which the paper grades with; pip install 'ovlt[compare]'"
    return None


def score_by(name: str, prediction: str, answer: str, **options: Unpack[GoldOptions]) -> Scored:
    """What the grader of this name gives to a whole model output."""
    if name == "paper":
        return _score_by_paper(prediction, answer)
    if name == "math-verify":
        return _ask("math-verify", prediction, answer)
    return score(name.removeprefix("official:"), prediction, answer, **options)


class Comparison:
    """How often another grader agrees with ours, and the first times that it does not."""

    def __init__(self) -> None:
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._total = 0.0
        self._shown: list[str] = []

    def add(self, line: int, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        if theirs["reason"] in NOT_MEANT:
            return
        said = _verdict(theirs["score"])
        self._pairs[ours["verdict"], said] += 1
        self._total += theirs["score"] or 0.0
        if ours["verdict"] != said and len(self._shown) < SHOWN:
            self._shown.append(_describe(line, ours, theirs, said))

    def __str__(self) -> str:
        names = ("correct", "wrong", "unscorable")
        count = self._pairs.total()
        if not count:
            return "  no line that it can grade"
        agreed = sum(self._pairs[name, name] for name in names)
        right = sum(number for (ours, _), number in self._pairs.items() if ours == "correct")
        return "\n".join(
            [
                f"  {count} lines: ours {right / count:.1%}, theirs {self._total / count:.1%}; "
                f"agree on {agreed / count:.1%}",
                f"  {'ours, theirs':<14}" + "".join(f"{name:>12}" for name in names),
                *(f"  {mine:<14}" + "".join(f"{self._pairs[mine, said]:>12}" for said in names) for mine in names),
                *self._shown,
            ]
        )


def _score_by_paper(prediction: str, answer: str) -> Scored:
    """OpenVLThinker's reward (r1v.py): the first tag that stands on one line, else all; equal but for case, or equal
    to MathRuler."""
    tagged = _FIRST_TAG.search(prediction)
    said = tagged[1].strip() if tagged else prediction.strip()
    if said.lower() == answer.lower():
        return Scored(score=1.0, extracted=said, method="paper")
    return _ask("paper", said, answer)


def _ask(name: Literal["paper", "math-verify"], said: str, answer: str) -> Scored:
    try:
        return Scored(score=float(same_by(name, said, answer)), method=name)
    except TimeoutError:
        return Scored(score=None, method=name, reason="timeout")
    except WorkerGone:
        return Scored(score=None, method=name, reason="memory")


def _verdict(score: float | None) -> str:
    if score is None:
        return "unscorable"
    return "correct" if score >= ENOUGH else "wrong"


def _describe(line: int, ours: dict[str, Any], theirs: dict[str, Any], said: str) -> str:
    why = f"{ours['method']} {ours['reason']}".strip()
    seen = theirs["extracted"]
    read = "" if seen is None else f" on {seen[-_WIDTH:]!r}"
    mine = (ours["extracted"] or "")[:_WIDTH]
    return f"  line {line}: ours {ours['verdict']} on {mine!r} ({why}); theirs {said}{read} {theirs['reason']}".rstrip()
