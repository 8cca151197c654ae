"""The storm: of 2,000 problems x 4 samples, three replies in ten are faulty, and some problems are refused for good.

What became of each slot is read three times: in the run's tables, in the store and in the server's log.
"""

import json
import re
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from subprocess import Popen
from typing import Any, NamedTuple

import polars as pl
import pytest
from child_run import OVLT, Server, Slot, stored
from fake_endpoint import draw_fault

from ovlt_data.tables import read_table

PROBLEMS, SAMPLES = 2000, 4
PASSING = [
    *("status_408", "status_429", "retry_in_seconds", "retry_at_date"),
    *("status_500", "status_502", "status_503", "status_529", "error_and_close"),
    *("reset", "reset_in_body", "close_kept_alive", "length_too_long", "length_too_short"),
    *("chunks_cut", "gzip_broken", "gzip_cut", "invalid_utf8"),
    *("html", "truncated_json", "empty", "no_choices", "choices_missing", "null_message"),
]
STALLS = 0.002
RATES = {**dict.fromkeys(PASSING, (0.3 - STALLS) / len(PASSING)), "slow": STALLS}
LASTING = {
    "[refused]": ("status_400", "bad_request"),
    "[long]": ("context", "context_too_long"),
    "[big]": ("status_413", "too_large"),
    "[busy]": ("retry_in_seconds", "rate_limited"),
}
"""What lasts, by a mark in the question: the fault, and the kind under which the row fails."""
RECIPE = """
name: storm
models:
  m:
    endpoint: {url}
    model: fake
    revision: a
    sampling: {{seed: 1000}}
    limits: {{concurrency: 200, attempts: 10, timeout: 15}}
problems:
  sources: [{{source: sums, format: table, path: problems.jsonl}}]
reason: {{model: m, samples: 4, prompt: ask.jinja}}
curate: [{{select: shortest}}]
build: {{kind: sft}}
"""


class Storm(NamedTuple):
    printed: dict[str, Any]
    folder: Path
    asked: list[Slot]
    megabytes: float


def question(number: int) -> str:
    marks = [*LASTING, *[""] * 46]
    return f"What is {number} + {number % 89}? {marks[number * 7 % 50]}".strip()


def mark_of(text: str) -> str:
    return next((mark for mark in LASTING if mark in text), "")


def run_measured(command: list[str], folder: Path) -> tuple[str, float]:
    """What it prints, and the most memory that it held, in MB; ru_maxrss would begin with its parent's."""
    megabytes = 0.0
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        run = Popen(command, stdout=out, stderr=err)
        while run.poll() is None:
            megabytes = max(megabytes, read_peak(run.pid))
            time.sleep(0.1)
    assert run.returncode == 0, (folder / "err").read_text()
    return (folder / "out").read_text(), megabytes


def read_peak(pid: int) -> float:
    """0 for a process that is gone, or has not begun."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except ProcessLookupError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def weather(folder: Path) -> Storm:
    rows = [{"question": question(number), "answer": str(number + number % 89)} for number in range(PROBLEMS)]
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "ask.jinja").write_text("{{ question }}")
    tied = json.dumps({mark: fault for mark, (fault, _) in LASTING.items()})
    with closing(Server(folder / "asked.jsonl", "--rates", json.dumps(RATES), "--tied", tied, delay=0)) as server:
        (folder / "recipe.yaml").write_text(RECIPE.format(url=server.url))
        command = [*OVLT, "run", str(folder / "recipe.yaml"), "--json", "--out", str(folder / "runs")]
        printed, megabytes = run_measured(command, folder)
        return Storm(json.loads(printed), folder, server.asked(), megabytes)


def table(storm: Storm, name: str) -> pl.DataFrame:
    return read_table(storm.folder / "runs" / "storm", name)


def questions(storm: Storm) -> dict[str, str]:
    return dict(table(storm, "problems").select("id", "question").iter_rows())


def check_every_slot_that_can_be_filled_is_filled_once(storm: Storm) -> None:
    samples = table(storm, "samples")
    filled = Counter(zip(samples["problem_id"], samples["slot"], strict=True))
    wanted = {problem for problem, text in questions(storm).items() if not mark_of(text)}
    assert filled == Counter((problem, slot) for problem in wanted for slot in range(SAMPLES))


def check_what_can_not_be_filled_stands_under_its_kind_once(storm: Storm) -> None:
    failures = table(storm, "failures")
    marked = {problem: mark for problem, text in questions(storm).items() if (mark := mark_of(text))}
    assert len(marked) == PROBLEMS * len(LASTING) // 50
    assert sorted(zip(failures["problem_id"], failures["kind"], strict=True)) == sorted(
        (problem, LASTING[mark][1]) for problem, mark in marked.items()
    )
    assert set(failures.filter(~pl.col("lasting"))["kind"]) == {"rate_limited"}


def check_each_slot_stands_in_the_store_once(storm: Storm) -> None:
    held = stored(storm.folder)
    assert len(held) == (PROBLEMS - PROBLEMS * len(LASTING) // 50) * SAMPLES
    assert all(len(replies) == 1 for replies in held.values())
    assert held.keys() <= set(storm.asked)


def check_nothing_is_asked_again_after_a_good_reply(storm: Storm) -> None:
    held, times = stored(storm.folder), Counter(storm.asked)
    drawn = {slot: [draw_fault(RATES, slot, time) for time in range(1, times[slot] + 1)] for slot in held}
    assert [slot for slot, faults in drawn.items() if "none" in faults[:-1]] == []
    assert {fault for faults in drawn.values() for fault in faults} == {"none", *RATES}, "every fault was met"


def check_memory_is_bounded_and_the_server_saw_every_request(storm: Storm) -> None:
    assert storm.megabytes < 600
    assert storm.printed["requests"] == len(storm.asked)


@pytest.mark.timeout(600)  # 11,000 requests by two processes: two minutes on a busy machine
def test_in_a_storm_no_slot_is_lost_and_none_is_paid_for_twice(tmp_path: Path) -> None:
    storm = weather(tmp_path)
    check_every_slot_that_can_be_filled_is_filled_once(storm)
    check_what_can_not_be_filled_stands_under_its_kind_once(storm)
    check_each_slot_stands_in_the_store_once(storm)
    check_nothing_is_asked_again_after_a_good_reply(storm)
    check_memory_is_bounded_and_the_server_saw_every_request(storm)
