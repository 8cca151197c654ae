"""Steps that read traces and steps that look at problems: what each drops, under which name, and what it marks."""

from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw
import polars as pl
import pytest

from ovlt_data import images
from ovlt_data.curate import curate
from ovlt_data.recipe import Step
from ovlt_data.tables import PROBLEMS, SAMPLES, Curated

SAID = "The bars are three, so the answer is three."
ANSWER = "Three. <answer>3</answer>"


def problem(name: str, picture: Path | None = None, **facts: Any) -> dict[str, Any]:
    row = {"id": name, "source": "s", "question": "How many bars are there?", "answer": "3", "answer_type": "integer"}
    found = [images.refer(picture)] if picture else []
    row |= {"choices": [], "image_paths": [i.path for i in found], "image_sha256": [i.sha256 for i in found]}
    return row | facts


def run(problems: list[dict[str, Any]], *steps: dict[str, Any], **sample: Any) -> Curated:
    """One correct sample of each problem."""
    said = {
        "source": "s",
        "slot": 0,
        "status": "correct",
        "reasoning": SAID,
        "content": ANSWER,
        "finish_reason": "stop",
    }
    said |= {"finish_reason": "stop", "completion_tokens": 9}
    samples = [{"problem_id": row["id"]} | said | sample for row in problems]
    return curate(
        pl.DataFrame(problems, schema=PROBLEMS),
        pl.DataFrame(samples, schema=SAMPLES),
        [Step.model_validate(step) for step in steps],
        kind="sft",
    )


def kept(curated: Curated) -> list[str]:
    return curated.rows["problem_id"].to_list()


def draw(path: Path, *, size: tuple[int, int] = (200, 160), bars: int = 3, quality: int = 95) -> Path:
    picture = PIL.Image.new("RGB", (200, 160), "white")
    pen = PIL.ImageDraw.Draw(picture)
    for bar in range(bars):
        pen.rectangle((20 + 40 * bar, 150 - 37 * (bar * 7 % 4 + 1), 45 + 40 * bar, 150), fill="navy")
    picture.resize(size).save(path, quality=quality)
    return path


LOOP = "So the bars are two and then three. " * 300


@pytest.mark.parametrize(
    ("step", "sample"),
    [
        pytest.param({"caption_leakage": "drop"}, {"reasoning": "The description says three."}, id="leak"),
        pytest.param({"caption_leakage": "drop"}, {"content": "By the caption, <answer>3</answer>"}, id="leak-below"),
        pytest.param({"loops": "drop"}, {"reasoning": LOOP}, id="loop"),
        pytest.param({"loops": "drop"}, {"finish_reason": "repetition"}, id="loop-that-the-server-cut"),
        pytest.param({"repeated_text": 0.5}, {"reasoning": " ".join([SAID] * 4)}, id="repeated"),
        pytest.param({"format": "drop"}, {"content": "Three."}, id="no-tag"),
        pytest.param({"format": "drop"}, {"content": ANSWER + ANSWER}, id="two-tags"),
        pytest.param({"format": "drop"}, {"content": "<answer> </answer>"}, id="empty-tag"),
        pytest.param({"format": "drop"}, {"content": "</think>" + ANSWER}, id="stray-tag"),
        pytest.param({"format": "drop"}, {"reasoning": ""}, id="no-thought"),
        pytest.param({"format": "drop"}, {"finish_reason": "length"}, id="unfinished"),
        pytest.param({"min_tokens": 10}, {}, id="few-tokens"),
        pytest.param({"max_tokens": 8}, {}, id="many-tokens"),
    ],
)
def test_a_bad_trace_is_dropped_under_the_steps_name_or_marked(step: dict[str, Any], sample: dict[str, Any]) -> None:
    (name,) = step
    assert run([problem("p")], step, **sample).rejected["rejected_for"].to_list() == [name]
    assert run([problem("p")], {"mark": step}, **sample).rows[f"mark_{name}"].to_list() == [True]


STRICT = [{"caption_leakage": "drop"}, {"loops": "drop"}, {"repeated_text": 0.2}, {"format": "drop"}, {"min_tokens": 9}]


def test_a_good_trace_passes_all() -> None:
    assert kept(run([problem("p")], *STRICT, {"max_tokens": 9})) == ["p"]


def test_leakage_can_be_kept() -> None:
    assert kept(run([problem("p")], {"caption_leakage": "keep"}, reasoning="The description says three.")) == ["p"]


def test_unknown_token_counts_drop_nothing() -> None:
    assert kept(run([problem("p")], {"min_tokens": 5}, completion_tokens=0)) == ["p"]


def test_order_of_steps_matters() -> None:
    leak = "It is three. Wait, the description says so."
    cut, clean = {"strip_reflections": "truncate"}, {"caption_leakage": "drop"}
    assert kept(run([problem("p")], cut, clean, reasoning=leak)) == ["p"]
    assert kept(run([problem("p")], clean, cut, reasoning=leak)) == []


@pytest.mark.parametrize(
    ("size", "limits", "stays"),
    [
        pytest.param((200, 160), {}, True, id="usual"),
        pytest.param((27, 200), {}, False, id="tiny"),
        pytest.param((28, 200), {}, True, id="just-large-enough"),
        pytest.param((300, 30), {"max_aspect": 9.9}, False, id="extreme"),
        pytest.param((200, 160), {"max_pixels": 31_999}, False, id="huge"),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp"])
def test_pictures_of_odd_sizes_go(
    tmp_path: Path, size: tuple[int, int], limits: dict[str, Any], stays: bool, suffix: str
) -> None:
    row = problem("p", draw(tmp_path / f"p.{suffix}", size=size))
    assert bool(kept(run([row], {"image_size": limits}))) is stays


def test_an_answer_that_the_question_states_is_told_from_choices_and_other_numbers() -> None:
    rows = [
        problem("told", question="There are 3 bars. How many?"),
        problem("other", question="There are 30 bars?"),
        problem("yes", question="Is it 3?", answer_type="yes_no"),
    ]
    assert run(rows, {"answer_in_question": "drop"}).rejected["problem_id"].to_list() == ["told"]


def test_the_student_is_asked_without_the_tail_and_the_source_keeps_its_words() -> None:
    rows = [problem("a", question="How many?\nAnswer the question using a single word or phrase."), problem("b")]
    curated = run(rows, {"strip_tails": "strip"})
    assert curated.rows.select("problem_id", "asked").rows() == [("a", "How many?"), ("b", None)]
    assert curated.funnel[-1].touched == 1


def test_near_problems_share_picture_gold_numbers_and_wording(tmp_path: Path) -> None:
    first, copy, other = draw(tmp_path / "a.png"), draw(tmp_path / "b.jpg"), draw(tmp_path / "c.png", bars=4)
    rows = [
        problem("a", first),
        problem("saved-anew", copy, question="How many BARS are there?"),
        problem("other-picture", other),
        problem("other-gold", first, answer="4"),
        problem("other-number", first, question="How many bars are there over 7?"),
        problem("other-words", first, question="What is the number of columns?"),
        problem("text-only"),
    ]
    gone = run(rows, {"near_problems": 0.8}).rejected["problem_id"].to_list()
    assert len(gone) == 1
    assert set(gone) < {"a", "saved-anew"}


def test_many_questions_without_a_picture_are_compared_by_minhash() -> None:
    words = [f"{'abcdefghijklmnopqrstuvwxyz'[n % 26] * (n // 26 + 1)}" for n in range(220)]
    rows = [problem(word, question=f"Why does {word} grow in a {word} field of the {word} farmers?") for word in words]
    twin = problem("twin", question=rows[7]["question"].upper())
    gone = run([*rows, twin], {"near_problems": 0.8}).rejected["problem_id"].to_list()
    assert len(gone) == 1
    assert set(gone) < {words[7], "twin"}


def test_near_pictures_leave_all_questions_on_one_of_them(tmp_path: Path) -> None:
    pictures = [draw(tmp_path / "a.png"), draw(tmp_path / "b.jpg", quality=80), draw(tmp_path / "c.png", bars=4)]
    rows = [problem(f"{number}-{turn}", picture) for number, picture in enumerate(pictures) for turn in range(2)]
    left = {name[0] for name in kept(run(rows, {"near_pictures": 8}))}
    assert "2" in left
    assert len(left) == 2


@pytest.mark.parametrize("step", [{"near_pictures": 8}, {"near_problems": 0.8}], ids=["pictures", "problems"])
def test_who_stays_hangs_on_neither_order_nor_strangers(tmp_path: Path, step: dict[str, Any]) -> None:
    rows = [problem(str(n), draw(tmp_path / f"{n}.jpg", quality=95 - n)) for n in range(4)]
    stranger = problem("z", draw(tmp_path / "z.png", bars=4))
    stays = kept(run(rows, step))
    assert kept(run(rows[::-1], step)) == stays
    assert kept(run([stranger, *rows], step)) == [*stays, "z"]
    assert len(stays) == 1


def test_problems_that_went_before_hold_nobody_back(tmp_path: Path) -> None:
    rows = [problem(name, draw(tmp_path / "a.png"), question=f"How many bars are there{name}") for name in ("?", "!")]
    (stays,) = kept(run(rows, {"near_problems": 0.8}))
    for row in rows:
        row["answer_type"] = "yes_no" if row["id"] == stays else "integer"
    least = {"min_correct": {"default": 0, "yes_no": 2}}
    assert kept(run(rows, least, {"near_problems": 0.8})) == [name for name in ("?", "!") if name != stays]
