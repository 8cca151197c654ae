"""A person's answers: drawn from every stratum, written at once, taken up again, counted with their uncertainty."""

import io
import json
from pathlib import Path

import a_run
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.publish.parent import open_parent, read_split
from ovlt_data.publish.rows import TRAIN, identify
from ovlt_data.review import REVIEWS, draw, read_reviews, summarise, wilson
from ovlt_data.reviewing import review_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Of twelve samples eight are kept and four differ."""
    a_run.make_run(tmp_path).build()
    return tmp_path


def press(keys: str, run: Path, monkeypatch: pytest.MonkeyPatch, *, n: int = 4) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(keys))
    review_run(run, n=n, seed=0, by="ann")


def test_every_stratum_is_drawn_from_and_the_draw_is_seeded(run: Path) -> None:
    lineage = pl.read_parquet(run / "dataset" / "lineage.parquet")
    drawn = draw(lineage, 6, seed=1)
    assert drawn["kept"].sum() == 3
    assert drawn.equals(draw(lineage.reverse(), 6, seed=1))
    assert set(drawn["id"]) != set(draw(lineage, 6, seed=2)["id"])


def test_answers_are_written_at_once_and_taken_up_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    press("r\nwq", run, monkeypatch)
    first = read_reviews(run)
    assert [review.mark for review in first.values()] == ["right", "wrong"]
    press("rs", run, monkeypatch)
    assert [review.mark for review in read_reviews(run).values()] == ["right", "wrong", "right", "skip"]
    assert {review.by for review in first.values()} == {"ann"}


def test_an_answer_can_be_taken_back(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    press("ruwq", run, monkeypatch)
    assert [review.mark for review in read_reviews(run).values()] == ["wrong"]
    assert [json.loads(line)["mark"] for line in (run / REVIEWS).read_text().splitlines()] == ["right", "undo", "wrong"]


def test_findings_are_told(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    press("rrrr", run, monkeypatch)
    said = capsys.readouterr().out
    assert "kept, shapes: 2 of 2 right (100%, 95 percent interval 34% to 100%)" in said
    assert "rejected as differs: 2 of 2 right" in said


def test_the_card_states_the_precision_of_kept_rows_by_source(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = (run / "dataset").resolve()
    before = {path.name: path.read_bytes() for path in version.iterdir() if path.is_file()}
    assert b"How precise" not in before["README.md"]
    press("rrwr", run, monkeypatch, n=4)
    kept = summarise(pl.read_parquet(version / "lineage.parquet"), read_reviews(run))[0]
    card = (version / "README.md").read_text()
    assert kept.kept
    assert f"| shapes | 8 | {kept.n} | {kept.right} | {kept.right / kept.n:.1%} | {kept.low:.1%} to" in card
    after = {path.name: path.read_bytes() for path in version.iterdir() if path.is_file()}
    assert {name for name in after if after[name] != before.get(name)} == {"README.md"}
    assert check(version)


def check(version: Path) -> bool:
    """Whether the version's rows still are what its id says."""
    parent = open_parent(version)
    return identify({TRAIN: lambda: read_split(parent, TRAIN)}) == parent.manifest.version == version.name


def test_reviews_stand_on_the_card_of_a_later_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = a_run.make_run(tmp_path)
    made.build()
    press("rrrr", tmp_path, monkeypatch)
    made.recipe = a_run.make_recipe(kind="sft", steps=[{"max_words": 1000}, {"select": "all"}], answer="model")
    later = made.build()
    assert later.new
    assert "| shapes | 8 | 2 | 2 | 100.0% | 34.2% to 100.0% |" in (later.path / "README.md").read_text()


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(drawn: tuple[int, int]) -> None:
    right, n = drawn
    low, high = wilson(right, n)
    assert 0 <= low <= right / n + 1e-9
    assert right / n - 1e-9 <= high <= 1
