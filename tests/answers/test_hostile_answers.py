"""Inputs made to hang, to swell or to run something."""

import time
from pathlib import Path

import pytest

from ovlt_data.answers import grade
from ovlt_data.types import AnswerType

BOMBS = {
    "tower": r"\boxed{8^{8^{8^{8}}}}",
    "python_tower": "8**8**8**8",
    "large_power": "<answer>3^{200000000}</answer>",
    "factorials": r"\boxed{((8!)!)!}",
    "digits": "7" * 200_000,
    "decimals": "0." + "6" * 50_000,
    "brackets": "(" * 30_000 + "1" + ")" * 30_000,
    "fractions": r"\boxed{" + r"\frac{1}{1+" * 160 + "1" + "}" * 161,
    "roots": r"\boxed{" + r"\sqrt{3+" * 80 + "3" + "}" * 81,
    "sum": r"\boxed{" + "2+" * 1_900 + "2}",
    "open_boxes": r"\boxed{" * 9_000,
    "boxes": r"\boxed{5} " * 15_000,
    "tags": "<answer>5</answer>" * 5_000,
    "open_tags": "<answer>" * 20_000,
    "thoughts": "<think>" * 50_000,
    "dollars": "$5" * 30_000,
    "phrases": "the answer is " * 15_000,
    "prose": "and so the area is " * 4_000,
    "spaces": "5" + " " * 60_000 + "x",
    "commas": "1," * 2_000,
    "equals": "x=" * 2_000,
    "minus": "-" * 4_000 + "5",
    "stars": "*" * 4_000,
    "letters": "x" * 4_000,
    "words": "one hundred " * 300,
    "percent": "%" * 4_000,
    "text": r"\text{" * 600 + "x" + "}" * 600,
    "subscripts": "x_" * 2_000,
    "unions": "∪".join(f"({n},{n + 1})" for n in range(300)),
    "pieces": ",".join("x+1" for _ in range(900)),
    "bytes": "".join(map(chr, range(1, 3_000))),
    "surrogates": "\ud800" * 4_000,
    "nothing": "\x00" * 4_000,
    "megabyte": "z" * 2**20,
}
KINDS: list[AnswerType] = ["auto", "number", "expression", "text", "list", "set", "time", "range", "yes_no"]


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_wrong_or_unscorable_and_soon(name: str) -> None:
    start = time.monotonic()
    for kind in KINDS:
        for gold in ("0.7", "x+2"):
            assert grade(BOMBS[name], gold, answer_type=kind).status in ("wrong", "unscorable")
    assert grade(BOMBS[name], "B", choices=("1", "2", "3")).status == "wrong"
    assert time.monotonic() - start < 30  # a hang, not a speed: all of them together take well under a second


@pytest.mark.parametrize(
    "code",
    ["__import__('os').system('touch {}')", "open('{}','w')", "(lambda: open('{}','w'))()", "exec(\"open('{}','w')\")"],
)
def test_nothing_in_an_answer_is_executed(code: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for kind in KINDS:
        grade(code.format(trap), "1", answer_type=kind)
        grade(rf"\boxed{{{code.format(trap)}}}", code.format(trap), answer_type=kind)
    assert not trap.exists()
