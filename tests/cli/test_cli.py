"""What is typed, what is printed where, and what the exit status says."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ovlt_data import __version__
from ovlt_data.cli import main

Typed = Callable[..., tuple[int, str, str]]

DRAWN = """
name: drawn
models:
  captioner: {endpoint: "http://127.0.0.1:9/v1", model: c, revision: a}
  reasoner: {endpoint: "http://127.0.0.1:9/v1", model: r, revision: b}
problems: {sources: [{source: shapes, count: 20}]}
caption: {model: captioner}
reason: {model: reasoner}
build: {kind: sft}
"""


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    """Type a command in an empty folder; (exit status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def type_command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ovlt", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return type_command


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.yaml"
    path.write_text(DRAWN)
    return path


def test_version_is_printed(typed: Typed) -> None:
    assert typed("--version") == (0, f"{__version__}\n", "")


def test_unknown_option_is_a_usage_error(typed: Typed) -> None:
    status, _, said = typed("run", "x.yaml", "--frobnicate")
    assert status == 2
    assert "--frobnicate" in said


def test_missing_recipe_names_those_there_are(typed: Typed) -> None:
    status, printed, said = typed("run", "nosuch.yaml")
    assert (status, printed) == (2, "")
    assert "quickstart" in said


BAD_RECIPES = {
    "unknown-key": ("modles: {}", "did you mean `models`?"),
    "duplicate-key": ("name: again", "is there twice"),
    "wrong-type": ("seed: zero", "seed: is the text `zero`"),
    "missing-prompt": ("samples: {from: nowhere.jsonl}", "nowhere.jsonl"),
}


@pytest.mark.parametrize("fault", BAD_RECIPES)
def test_bad_recipe_is_told_with_file_and_key(typed: Typed, recipe: Path, fault: str) -> None:
    line, words = BAD_RECIPES[fault]
    recipe.write_text(DRAWN + line + "\n")
    status, printed, said = typed("run", "drawn.yaml")
    assert (status, printed) == (2, "")
    assert "drawn.yaml:" in said
    assert words in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("caption.prompt=nosuch", "nosuch"),
        ("models.reasoner.api_key_env=OVLT_NOT_SET", "OVLT_NOT_SET"),
        ("models.reasoner.sampling.temperature=0.0", "greedy"),
        ("problems.sources.0.format=nosuch", "expected one of"),
        ("problems.sources.0={source: mine, format: table, path: empty.jsonl}", "empty.jsonl"),
    ],
    ids=["missing-prompt", "unset-key", "greedy-with-several", "unknown-source", "empty-source"],
)
def test_recipe_that_can_not_run_is_refused_before_anything_is_sent(
    typed: Typed, recipe: Path, tmp_path: Path, change: str, words: str
) -> None:
    (tmp_path / "empty.jsonl").touch()
    status, _, said = typed("run", str(recipe), "--set", change)
    assert status == 2
    assert words in said


def test_stopped_run_prints_its_account_as_the_one_json_object(typed: Typed, recipe: Path) -> None:
    status, printed, said = typed("run", str(recipe), "--json", "--limit", "3")
    outcome = json.loads(printed)
    assert (status, outcome["state"], outcome["version"]) == (3, "stopped", None)
    assert "nobody answers at http://127.0.0.1:9/v1" in said


def test_name_that_is_a_path_is_a_usage_error(typed: Typed, recipe: Path) -> None:
    status, _, said = typed("run", str(recipe), "--name", "../elsewhere")
    assert status == 2
    assert "--name ../elsewhere" in said


def test_check_offline_reads_data_and_golds_and_asks_nobody(typed: Typed, recipe: Path) -> None:
    status, printed, _ = typed("check", str(recipe), "--offline")
    assert status == 0
    assert "all 20 golds pass their own grader" in printed


def test_check_of_an_endpoint_that_is_down_says_so_and_stops(typed: Typed, recipe: Path) -> None:
    status, _, said = typed("check", str(recipe))
    assert status == 3
    assert "nobody answers at http://127.0.0.1:9/v1" in said


def test_grade_prints_a_verdict_a_line_and_the_summary_apart(typed: Typed, tmp_path: Path) -> None:
    lines = ['{"prediction": "<answer>4</answer>", "answer": "4"}', "broken", '{"prediction": "on", "answer": "no"}']
    (tmp_path / "predictions.jsonl").write_text("\n".join(lines))
    status, printed, said = typed("grade", "predictions.jsonl")
    assert status == 0
    assert [json.loads(line)["verdict"] for line in printed.splitlines()] == ["correct", None, "wrong"]
    assert "1 correct, 1 wrong" in said


def test_sources_are_listed_with_their_layout_and_licence(typed: Typed) -> None:
    status, printed, _ = typed("sources")
    assert status == 0
    assert all(word in printed for word in ("geometry3k", "tabmwp", "llava", "table", "shapes", "licence: MIT"))
