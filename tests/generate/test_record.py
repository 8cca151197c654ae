"""What a run writes down while it walks."""

import json
from pathlib import Path

import pytest

from ovlt_data.errors import EnvironmentStop
from ovlt_data.generate.record import Recorder
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import read_source
from ovlt_data.tables import read_table, write_part
from ovlt_data.types import Problem, Unusable

HALF = "\ud83d"
"""Half of a character: JSON can say it, no file can hold it."""


def test_half_characters_anywhere_in_a_row_can_be_written_down(tmp_path: Path) -> None:
    good, bad = {"question": "1 + 1?", "answer": "2"}, {"question": "", "answer": HALF}
    rows = [{"id": f"{number}{HALF}", **row} for number, row in enumerate((good, bad))]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    spec = SourceSpec(source="mine", format="table", path=str(tmp_path / "rows.jsonl"))
    recorder = Recorder(tmp_path / "run")
    for row in read_source(spec, images_folder=tmp_path, seed=0):
        recorder.add_problem(row, number=1) if isinstance(row, Problem) else recorder.add_unusable(row)
    recorder.close()
    assert read_table(tmp_path / "run", "problems")["origin"].to_list() == ["0?"]
    assert read_table(tmp_path / "run", "unusable")["origin"].to_list() == ["1?"]


def test_tables_of_an_earlier_call_are_replaced(tmp_path: Path) -> None:
    for origin in ("first", "second"):
        recorder = Recorder(tmp_path)
        recorder.add_unusable(Unusable(source="mine", origin=origin, reason="no_answer", message=""))
        recorder.close()
    assert read_table(tmp_path, "unusable")["origin"].to_list() == ["second"]


def test_full_disk_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "captions").mkdir()
    (tmp_path / "captions" / "00000.unfinished").symlink_to("/dev/full")
    with pytest.raises(EnvironmentStop, match=r"captions/00000\.parquet: can't be written: .*No space left"):
        write_part(tmp_path, "captions", [{"problem_id": "p", "text": "A square."}], part=0)
