"""Two versions beside each other."""

from pathlib import Path

import polars as pl
from a_run import Run, make_run

from ovlt_data.publish.diff import Diff, diff_versions
from ovlt_data.publish.parent import open_parent


def diff(before: Run, after: Run) -> Diff:
    return diff_versions(open_parent(before.build().path), open_parent(after.build().path))


def test_a_version_does_not_differ_from_itself(tmp_path: Path) -> None:
    found = diff(make_run(tmp_path), make_run(tmp_path))
    assert (found.added, found.removed, found.changed) == (0, 0, 0)
    assert not found.facts
    assert not found.recipe


def test_rows_that_came_and_went_are_counted_by_source(tmp_path: Path) -> None:
    few, many = make_run(tmp_path / "few", steps=[{"select": "shortest"}]), make_run(tmp_path / "many")
    found = diff(few, many)
    (source,) = found.sources
    assert (source.source, source.before, source.after, source.added, source.removed) == ("shapes", 4, 8, 4, 0)
    assert source.pass_rate == (2 / 3, 2 / 3)
    assert "-- select: shortest" not in found.recipe
    assert any("select" in line for line in found.recipe)


def test_a_row_that_says_something_else_is_changed_and_one_that_has_other_parents_is_not(tmp_path: Path) -> None:
    before, after = make_run(tmp_path / "before"), make_run(tmp_path / "after")
    after.captions = after.captions.with_columns(
        text=pl.when(problem_id="p1").then(pl.lit("A dot.")).otherwise(pl.col("text"))
    )
    assert diff(before, after).changed == 2


def test_samples_that_were_graded_otherwise_are_told(tmp_path: Path) -> None:
    before, after = make_run(tmp_path / "before"), make_run(tmp_path / "after")
    fixed = pl.when(problem_id="p1", slot=2).then(pl.lit("correct")).otherwise(pl.col("status"))
    after.samples = after.samples.with_columns(status=fixed)
    found = diff(before, after)
    assert found.verdicts == {"wrong -> correct": 1}
    assert found.changed == 2  # what is said of the problem's samples
    assert found.added == 1


def test_what_the_manifests_say_otherwise_is_told(tmp_path: Path) -> None:
    before, after = make_run(tmp_path / "before"), make_run(tmp_path / "after", kind="grpo")
    assert diff(before, after).facts["kind"] == ("sft", "grpo")
