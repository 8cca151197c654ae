import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.curate.words import measure
from ovlt_data.text.length import count_words

SPACES = " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
NO_SPACES = "a9.\x00\x08\x0e\x1b\x7f\x84\xc2\u200b—’é度😀\ufeff"


@given(st.lists(st.text(st.sampled_from(SPACES + NO_SPACES)) | st.text(), max_size=150))
def test_words_are_counted_as_split_counts_them(texts: list[str]) -> None:
    counted = measure(pl.Series(texts, dtype=pl.String))
    assert counted.to_list() == [count_words(text) for text in texts]


def test_a_slice_of_a_column_is_counted_alone() -> None:
    texts = pl.Series([f"{'word ' * number}" for number in range(300)])
    assert measure(texts[100:250]).to_list() == list(range(100, 250))
