"""What gives a caption away, on sentences labelled by hand, in both engines that read the pattern."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from ovlt_data.text.leakage import LEAKAGE

SENTENCES = [json.loads(line) for line in (Path(__file__).parent / "leakage.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence["text"])
def test_a_trace_leaks_when_it_speaks_of_its_own_caption(sentence: dict[str, object]) -> None:
    assert bool(re.search(LEAKAGE, str(sentence["text"]))) is sentence["leaks"]


def test_polars_reads_the_pattern_as_python_does() -> None:
    found = pl.Series([sentence["text"] for sentence in SENTENCES]).str.contains(LEAKAGE)
    assert found.to_list() == [sentence["leaks"] for sentence in SENTENCES]
