"""One row, back to where it comes from."""

import json
from pathlib import Path

import pytest
from a_run import make_run
from msgspec.structs import replace

from ovlt_data.errors import UsageError
from ovlt_data.publish.parent import Parent, open_parent
from ovlt_data.publish.trace import trace_row


@pytest.fixture
def version(tmp_path: Path) -> Parent:
    return open_parent(make_run(tmp_path / "runs/one", steps=[{"select": "shortest"}]).build().path)


def test_a_row_leads_to_its_problem_its_caption_and_every_sample(version: Parent, tmp_path: Path) -> None:
    trace = trace_row(version, "p1/0", among=tmp_path)
    assert (trace.problem_id, trace.row_id) == ("p1", "p1/0")
    assert [(sample["slot"], sample["status"], sample["kept"]) for sample in trace.samples] == [
        (0, "correct", True),
        (1, "correct", False),
        (2, "wrong", False),
    ]
    assert trace.samples[0]["caption"] == "A red square."
    assert trace.samples[0]["prompt"] == "Given the caption, which?"
    assert [row["rejected_for"] for row in trace.rejected] == ["differs", "not_selected"]


def test_a_problem_leads_to_its_row(version: Parent, tmp_path: Path) -> None:
    assert trace_row(version, "p2", among=tmp_path).row_id == "p2/0"


@pytest.mark.parametrize("name", ["p9", "p1/7", ""], ids=["no-problem", "no-slot", "empty"])
def test_a_name_that_is_not_there_is_told(version: Parent, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no such row or problem"):
        trace_row(version, name, among=tmp_path)


def test_a_checkpoint_leads_to_the_version_that_it_was_trained_on(version: Parent, tmp_path: Path) -> None:
    """Across iterations: model of the second run <- training <- version of the first."""
    trained = tmp_path / "runs/trained"
    trained.mkdir()
    facts = {"checkpoint": "c0ffee", "method": "grpo", "parent": "base@1", "version": version.manifest.version}
    (trained / "ovlt_train.json").write_text(json.dumps(facts))
    run = make_run(tmp_path / "runs/two")
    run.provenance = replace(run.provenance, models={"reason": "student@c0ffee"})
    trace = trace_row(open_parent(run.build().path), "p1", among=tmp_path / "runs")
    assert [(one.depth, one.kind, one.name) for one in trace.ancestors] == [
        (0, "checkpoint", "reason: student@c0ffee"),
        (1, "version", version.manifest.version),
    ]
    assert trace.ancestors[0].detail == f"grpo on version {version.manifest.version}"
    assert trace.ancestors[1].place == str(version.folder)
