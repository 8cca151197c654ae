import pytest

from ovlt_data.text.length import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param(" \n\t", 0, id="blank"),
        pytest.param("so 2 + 2\n= 4.", 6, id="symbols-count"),
        pytest.param("well-known", 1, id="hyphen"),
        pytest.param("a\u00a0b\u2003c", 3, id="other-spaces"),
    ],
)
def test_words_are_runs_between_white_space(text: str, words: int) -> None:
    assert count_words(text) == words
