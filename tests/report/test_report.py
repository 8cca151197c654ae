"""The page tells what a run did, whatever its texts try, and asks nobody for anything."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from a_run import Run, make_run

from ovlt_data.curate import rejected_problems
from ovlt_data.errors import UsageError
from ovlt_data.outcome import Outcome, State
from ovlt_data.publish.place import Version
from ovlt_data.report import write_report
from ovlt_data.review import Review, append_review
from ovlt_data.run_folder import write_run
from ovlt_data.tables import write_part

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} {% raw %} </style>"


class Page(HTMLParser):
    """A page's text and its elements, as a browser finds them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.tags, self.links = "", list[str](), list[str]()
        self.feed(path.read_text(encoding="utf-8"))
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += " "
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]

    def handle_endtag(self, tag: str) -> None:
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data


def write_tables(run: Run) -> None:
    """What generate leaves in a run's folder."""
    write_part(run.folder, "problems", run.problems.to_dicts(), part=0)
    write_part(run.folder, "captions", run.captions.drop("prompt").to_dicts(), part=0)
    write_part(run.folder, "samples", run.samples.drop("prompt").to_dicts(), part=0)


def finish(run: Run) -> Version:
    """Build, and record the run."""
    write_tables(run)
    curated = run.curate()
    version = run.build(curated)
    rejected = rejected_problems(curated)["rejected_for"].value_counts()
    record(
        run.folder,
        version=version.id,
        rejected=dict(rejected.iter_rows()),
        rows=version.rows,
        funnel=curated.funnel,
        difficulty=curated.difficulty,
        kept=curated.rows["problem_id"].n_unique(),
    )
    return version


def record(folder: Path, *, state: State = "done", rejected: dict[str, int] | None = None, **facts: Any) -> None:
    """Write run.json as the pipeline does."""
    outcome = Outcome(
        run=str(folder),
        recipe_file="r.yaml",
        state=state,
        requests=9,
        problems=4,
        rejected=rejected or {},
        failures={},
        samples=12,
        verdicts={},
        reasonless=0,
        retries={},
        from_store=0,
        prompt_tokens=1,
        completion_tokens=1234,
        seconds=2.5,
        **facts,
    )
    write_run(folder, msgspec.to_builtins(outcome))


def wrong(run: Run, problem: str) -> None:
    """Make all samples of a problem wrong."""
    here = pl.col("problem_id") == problem
    run.samples = run.samples.with_columns(
        status=pl.when(here).then(pl.lit("wrong")).otherwise("status"),
        reason=pl.when(here).then(pl.lit("differs")).otherwise("reason"),
    )


def test_a_run_is_told_in_numbers_that_add_up(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=[{"select": "first"}])
    wrong(run, "p2")
    finish(run)
    text = Page(write_report(tmp_path)).text
    assert "4 problems = 3 kept + 1 rejected + 0 failed" in text
    assert "1 no correct" in text
    assert "select: first 3 rows" in text
    assert "1,234" in text


def test_examples_show_question_gold_caption_verdicts_and_pictures(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    wrong(run, "p2")
    finish(run)
    page = Page(write_report(tmp_path))
    assert "kept 3 of 3 problems" in page.text
    assert "rejected no correct 1 of 1 problems" in page.text
    for said in ("Which colour?", "A green square.", "wrong the one differs", "It looks very very clear."):
        assert said in page.text
    assert page.tags.count("img") == 3


@pytest.mark.parametrize("of", ["run", "version"])
def test_the_page_makes_no_request_and_runs_nothing(tmp_path: Path, of: str) -> None:
    version = finish(make_run(tmp_path))
    page = Page(write_report(tmp_path if of == "run" else version.path))
    assert page.links
    assert all(link.startswith("data:image/") for link in page.links)
    assert not {"script", "link", "iframe", "object", "base"} & set(page.tags)


@pytest.mark.parametrize("column", ["question", "answer", "origin", "source"])
def test_hostile_problems_are_shown_as_text(tmp_path: Path, column: str) -> None:
    run = make_run(tmp_path)
    run.problems = run.problems.with_columns(pl.lit(HOSTILE).alias(column))
    finish(run)
    page = Page(write_report(tmp_path))
    assert HOSTILE in page.text
    assert "script" not in page.tags


@pytest.mark.parametrize("column", ["reasoning", "content", "extracted", "reason"])
def test_hostile_samples_are_shown_as_text(tmp_path: Path, column: str) -> None:
    run = make_run(tmp_path)
    run.samples = run.samples.with_columns(pl.lit(HOSTILE).alias(column))
    finish(run)
    page = Page(write_report(tmp_path))
    assert HOSTILE in page.text
    assert "script" not in page.tags


def test_a_version_is_told_without_its_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", steps=[{"select": "first"}])
    wrong(run, "p2")
    version = finish(run).path.rename(tmp_path / "elsewhere")
    page = Page(write_report(version))
    assert "4 problems = 3 kept + 1 rejected + 0 failed" in page.text
    assert "What the student learns to say" in page.text
    assert page.tags.count("img") == 2


def test_a_version_from_before_there_were_judges_is_shown(tmp_path: Path) -> None:
    version = finish(make_run(tmp_path))
    lineage = version.path / "lineage.parquet"
    pl.read_parquet(lineage).drop("judgement").write_parquet(lineage)
    assert "4 kept" in Page(write_report(version.path)).text


def test_a_grpo_version_has_problems_for_rows(tmp_path: Path) -> None:
    run = make_run(tmp_path, kind="grpo", steps=[{"min_correct": 1}])
    wrong(run, "p2")
    page = Page(write_report(finish(run).path))
    assert "4 problems = 3 kept + 1 rejected + 0 failed" in page.text
    assert "rejected min correct 1 of 1 problems" in page.text


def test_failures_and_unusable_rows_are_listed_by_kind(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    finish(run)
    failure = {"problem_id": "p9", "kind": "context_too_long", "lasting": True, "message": "8193 tokens"}
    unusable = {"source": "shapes", "origin": "7", "reason": "bad_image", "message": "x.png: empty file"}
    write_part(tmp_path, "failures", [failure], part=0)
    write_part(tmp_path, "unusable", [unusable], part=0)
    text = Page(write_report(tmp_path)).text
    assert "1 context too long 8193 tokens" in text
    assert "1 bad image x.png: empty file" in text


def test_an_interrupted_run_tells_what_is_not_decided(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    write_tables(run)
    record(tmp_path, state="interrupted")
    text = Page(write_report(tmp_path)).text
    assert "4 not decided yet" in text
    assert "not decided 4 of 4 problems" in text


def test_a_picture_that_is_gone_leaves_its_place_empty(tmp_path: Path) -> None:
    finish(make_run(tmp_path))
    (tmp_path / "pictures/p1.PNG").unlink()
    assert Page(write_report(tmp_path)).tags.count("img") == 2


def test_any_other_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"run\.json"):
        write_report(tmp_path)


def test_page_says_how_hard_it_was_and_what_people_found(tmp_path: Path) -> None:
    version = finish(run := make_run(tmp_path))
    append_review(tmp_path, Review(id="p1/0", response_key="p10", version=version.id, mark="right"))
    text = Page(write_report(run.folder)).text
    assert "1: 0.67 · 2: 1.00 (+0.33)" in text
    assert "kept, shapes: 1 of 1 right (100%, 95 percent interval 21% to 100%)" in text
