"""The step that takes reflections out: what it leaves, what it counts, and whether the answer still stands."""

import json
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.curate import curate
from ovlt_data.curate.strip import find_lost, list_golds, truncate
from ovlt_data.recipe import Step
from ovlt_data.tables import PROBLEMS, SAMPLES, Curated
from ovlt_data.text.reflect import MARKERS

SAMPLES_FOLDER = os.environ.get("OVLT_SAMPLES")
TRACE = (
    "3 rows of 4 cups.\n\nWait, are they cups? Yes, that seems right.\n\nSo 3 * 4 = 12 cups, in {n} boxes.\n\n"
    "Hmm, let me double-check that. 3 rows of 4 are 12. But what if some are empty? The caption does not say so. "
    "I don't think so, since it would say so. Let me verify: 4 + 4 + 4 is 12. Yep, that matches.\n\n"
    "Alternatively, maybe the question means all boxes? Then it would be more. But the question asks for one box.\n\n"
    "Therefore, the answer is 12."
)


def cut(text: str) -> str:
    return truncate(pl.Series([text]))[0]


@pytest.mark.parametrize(
    ("reasoning", "left"),
    [
        pytest.param("It is 4. Wait, is it? Yes.", "It is 4.", id="wait"),
        pytest.param("It is 4.\n\nBut wait, is it?", "It is 4.", id="but-wait"),
        pytest.param("It is 4. But the question asks for 5.", "It is 4.", id="but-the-question"),
        pytest.param("It is 4. Wait, no. But wait, yes.", "It is 4.", id="first-of-several"),
        pytest.param("Grün × 4. Wait, no.", "Grün × 4.", id="not-ascii"),
        pytest.param("I await, and wait, and Wait.", "I await, and wait, and Wait.", id="not-markers"),
        pytest.param("It is 4. ", "It is 4. ", id="no-marker"),
        pytest.param("Wait, it is 4. So 4.", "Wait, it is 4. So 4.", id="nothing-before-the-marker"),
        pytest.param("\nWait, But wait, it is 4. Wait, no.", "\nWait, But wait, it is 4.", id="leading-and-a-real-one"),
        pytest.param("Wait,", "Wait,", id="marker-alone"),
        pytest.param("", "", id="empty"),
    ],
)
def test_truncate_cuts_at_the_papers_first_marker(reasoning: str, left: str) -> None:
    assert cut(reasoning) == left


@given(st.lists(st.sampled_from([*MARKERS.paper, "sö", " ", "\n", ", "]), max_size=8).map("".join))
def test_truncate_leaves_something_of_something_and_is_done_after_once(reasoning: str) -> None:
    left = cut(reasoning)
    assert reasoning.startswith(left)
    assert bool(left.strip()) == bool(reasoning.strip())
    assert cut(left) == left


def make_tables(traces: list[tuple[str, str]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Problems and one correct sample of each."""
    names = [f"p{number:03}" for number in range(len(traces))]
    problems = [
        {"id": name, "source": "ours", "answer": gold, "answer_type": "number"}
        for name, (_, gold) in zip(names, traces, strict=True)
    ]
    samples = [
        {"problem_id": name, "source": "ours", "slot": 0, "reasoning": trace, "status": "correct"}
        for name, (trace, _) in zip(names, traces, strict=True)
    ]
    return pl.DataFrame(problems, schema=PROBLEMS), pl.DataFrame(samples, schema=SAMPLES)


def run(traces: list[tuple[str, str]], how: object) -> Curated:
    problems, samples = make_tables(traces)
    return curate(problems, samples, [Step.model_validate({"strip_reflections": how})], kind="sft")


OURS = [(TRACE.format(n=n), "12") for n in range(2, 6)]


@pytest.mark.parametrize(
    ("how", "follows"), [pytest.param("truncate", (1, 0), id="truncate"), pytest.param("excise", (1, 1), id="excise")]
)
def test_figures_before_and_after_stand_in_the_funnel(how: str, follows: tuple[float, float]) -> None:
    entry = run(OURS, how).funnel[-1]
    assert entry.touched == len(OURS)
    assert entry.stripped is not None
    assert entry.stripped.markers == MARKERS.version
    assert entry.stripped.answer_follows == follows
    assert entry.stripped.reflections[0] > 5 > entry.stripped.reflections[1] == 0
    assert entry.stripped.words[1] < entry.stripped.words[0] / 2


def test_keep_counts_and_changes_nothing() -> None:
    curated = run(OURS, "keep")
    assert curated.funnel[-1].touched == 0
    assert curated.rows["reasoning"].to_list() == [trace for trace, _ in OURS]


def test_traces_that_lost_their_answer_leave_by_that_reason_only_when_asked() -> None:
    assert run(OURS, "truncate").rejected.is_empty()
    curated = run(OURS, {"how": "truncate", "answer_follows": "drop"})
    assert curated.funnel[-1].reasons == {"answer_lost": len(OURS)}
    assert curated.rejected["rejected_at"][0] == "strip_reflections: {how: truncate, answer_follows: drop}"


def test_a_choice_stands_by_its_letter_or_its_text() -> None:
    problem = {"id": "p", "answer": "B", "answer_type": "choice", "choices": ["red", "blue"]}
    golds = list_golds(pl.DataFrame([problem], schema=PROBLEMS))
    rows = pl.DataFrame({"problem_id": ["p"] * 3, "reasoning": ["So (B).", "It is blue.", "A bed."]})
    assert find_lost(rows, golds).to_list() == [False, False, True]


@pytest.mark.skipif(SAMPLES_FOLDER is None, reason="OVLT_SAMPLES is not set: no real R1 traces")
def test_on_real_traces_excise_keeps_the_gold_in_under_half_of_the_words() -> None:
    path = Path(SAMPLES_FOLDER or "", "r1_traces", "deepseek_r1_gsm8k_math.jsonl")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    traces = [(line["reasoning"].split("</think>")[0].strip(), line["answer"]) for line in lines]
    figures = {how: run(traces, how).funnel[-1].stripped for how in ("truncate", "excise")}
    truncated, excised = figures["truncate"], figures["excise"]
    assert truncated is not None
    assert excised is not None
    assert excised.answer_follows[1] >= truncated.answer_follows[1] + 0.2
    assert excised.words[1] < excised.words[0] / 2
