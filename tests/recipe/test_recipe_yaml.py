from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlt_data.recipe.yaml import YamlError, dump, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("1e-6", 1e-6, id="exponent-without-dot"),
        pytest.param("1.5E+3", 1500.0, id="exponent-with-sign"),
        pytest.param(".5", 0.5, id="no-leading-zero"),
        pytest.param("-.inf", float("-inf"), id="infinity"),
        pytest.param("200_000_000", 200_000_000, id="underscores"),
        pytest.param("1_", "1_", id="underscore-at-the-end"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("017", 17, id="leading-zero-is-decimal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("12:30", "12:30", id="no-sexagesimal"),
        pytest.param("2025-01-01", "2025-01-01", id="no-timestamp"),
        pytest.param("no", "no", id="no-is-a-word"),
        pytest.param("Yes", "Yes", id="yes-is-a-word"),
        pytest.param("on", "on", id="on-is-a-word"),
        pytest.param("off", "off", id="off-is-a-word"),
        pytest.param("True", True, id="true"),
        pytest.param("~", None, id="tilde"),
        pytest.param("", None, id="empty"),
        pytest.param("'1'", "1", id="quoted"),
        pytest.param("[1, {a: b}]", [1, {"a": "b"}], id="flow"),
        pytest.param("{<<: {a: 1}}", {"<<": {"a": 1}}, id="no-merge-keys"),
        pytest.param("[&x {a: 1}, *x]", [{"a": 1}, {"a": 1}], id="alias"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    read = parse(text).value
    assert read == value
    assert type(read) is type(value)


def test_lines_of_keys_and_entries_are_kept() -> None:
    lines = parse("a: 1\nb:\n  - c: 2\n  - 3\n").lines
    assert (lines["a",], lines["b", 0], lines["b", 0, "c"], lines["b", 1]) == (1, 3, 3, 4)


def test_every_key_said_twice_is_told_with_both_lines() -> None:
    problems = parse("a: 1\nb: {c: 1, c: 2}\na: 2\n").problems
    assert [(path, line) for path, line, _ in problems] == [(("b", "c"), 2), (("a",), 3)]
    assert "first in line 1" in problems[1][2]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("? [a]\n: 1", "as a key", id="list-as-key"),
        pytest.param("a: &x [*x]", "alias of what it stands in", id="endless-alias"),
        pytest.param("a: !!python/object:os.system x", "has the tag", id="python-object"),
        pytest.param("a: !mine {b: 1}", "has the tag", id="own-tag-on-a-mapping"),
        pytest.param("a: !!set [b]", "has the tag", id="tag-on-a-list"),
        pytest.param("a: !!int b", "has the tag", id="tag-that-does-not-fit"),
    ],
)
def test_what_is_no_plain_value_is_refused(text: str, what: str) -> None:
    assert what in parse(text).problems[0][2]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        pytest.param("a: 1\nb: [1\nc: 2", 3, "begun in line 2", id="open-bracket"),
        pytest.param("a: b: c", 1, "mapping values are not allowed", id="two-colons"),
        pytest.param("a: 1\n\tb: 2", 2, "cannot start any token", id="tab"),
        pytest.param("--- 1\n--- 2", 2, "another document", id="two-documents"),
        pytest.param("a: \x01", 1, "special characters", id="control-character"),
    ],
)
def test_text_that_is_no_yaml_names_the_line(text: str, line: int, what: str) -> None:
    with pytest.raises(YamlError, match=what) as caught:
        parse(text)
    assert caught.value.line == line


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))
TRICKY = st.sampled_from(
    ["1e-6", "1_000", "0o7", "no", "on", "12:30", "null", "", " ", "- a", "# b", "a: b", "2025-01-01"]
)


@pytest.mark.parametrize("text", ["\x85", "a\u2028b", "\u2029", "a\x85\n b"])
def test_line_breaks_of_old_survive(text: str) -> None:
    assert parse(dump({"a": text, text: 1})).value == {"a": text, text: 1}


@given(st.recursive(SCALARS | TRICKY, lambda inner: st.lists(inner) | st.dictionaries(TRICKY, inner), max_leaves=6))
def test_what_is_dumped_reads_back_to_the_same(value: Any) -> None:
    read = parse(dump(value)).value
    assert read == value
    assert repr(read) == repr(value)
