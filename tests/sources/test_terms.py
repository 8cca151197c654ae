"""What a source's terms allow goes with its rows, whichever copy is read."""

import pytest

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import describe, refuse_untrainable


def spec(source: str, reader: str) -> SourceSpec:
    return SourceSpec(source=source, format=reader)


def test_a_copy_has_the_licence_of_its_source() -> None:
    assert describe(spec("geometry3k", "llava")).licence == "MIT"
    assert describe(spec("mine", "table")).licence == describe(spec("other", "table")).licence


def test_a_benchmark_that_bars_training_is_refused() -> None:
    with pytest.raises(UsageError, match="mathvista: its terms bar training"):
        refuse_untrainable([spec("geometry3k", "llava"), spec("mathvista", "table")])
    refuse_untrainable([spec("geometry3k", "llava")])
