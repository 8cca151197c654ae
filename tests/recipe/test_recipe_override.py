from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovlt_data.recipe import load_recipe
from ovlt_data.recipe.override import override

Complain = Callable[..., list[str]]

VALUE: dict[str, Any] = {"a": {"b": 1}, "list": [{"c": 2}, {"c": 3}], "empty": None}


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param("a.b=2", ("a", "b"), {"a": {"b": 2}}, id="nested"),
        pytest.param("list.1.c=4", ("list", 1, "c"), {"list": [{"c": 2}, {"c": 4}]}, id="list-entry"),
        pytest.param("a.new.er=x", ("a", "new", "er"), {"a": {"b": 1, "new": {"er": "x"}}}, id="new-mapping"),
        pytest.param("empty.b=1", ("empty", "b"), {"empty": {"b": 1}}, id="under-an-empty-key"),
        pytest.param("a=[1, 1e-6]", ("a",), {"a": [1, 1e-6]}, id="yaml-list"),
        pytest.param("a=", ("a",), {"a": None}, id="nothing"),
        pytest.param("a.b='1'", ("a", "b"), {"a": {"b": "1"}}, id="quoted"),
        pytest.param("a.b=x=y", ("a", "b"), {"a": {"b": "x=y"}}, id="equals-in-the-value"),
    ],
)
def test_one_part_is_said_otherwise(text: str, path: tuple[str | int, ...], expected: dict[str, Any]) -> None:
    assert override(VALUE, text) == ({**VALUE, **expected}, path)


def test_the_value_itself_stays(good: Path) -> None:
    before = repr(VALUE)
    override(VALUE, "list.0.c=9")
    assert repr(VALUE) == before


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("a.b", "expected KEY.PATH=VALUE", id="no-equals"),
        pytest.param("=1", "expected KEY.PATH=VALUE", id="no-key"),
        pytest.param("a..b=1", "expected KEY.PATH=VALUE", id="empty-key"),
        pytest.param("list.2.c=1", "`2` is no entry of a list of 2", id="past-the-end"),
        pytest.param("list.-1.c=1", "`-1` is no entry", id="negative"),
        pytest.param("list.first.c=1", "`first` is no entry", id="word-for-a-number"),
        pytest.param("a.b.c=1", "nothing can stand under c, since 1", id="under-a-scalar"),
        pytest.param("a=[1", "is not YAML", id="no-yaml"),
        pytest.param("a={b: 1, b: 2}", "is there twice", id="duplicate-key"),
    ],
)
def test_what_is_wrong_with_an_override(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what.replace("[", r"\[")):
        override(VALUE, text)


def test_overrides_are_applied_in_order_before_anything_is_checked(good: Path) -> None:
    recipe = load_recipe(good, ["reason.samples=6", "problems.sources.0.count=4", "reason.samples=2", "seed=7"])
    assert recipe.reason is not None
    assert (recipe.reason.samples.max, recipe.problems.sources[0].count, recipe.seed) == (2, 4, 7)


def test_what_an_override_gets_wrong_is_told_as_its_own(complain: Complain) -> None:
    assert complain(sets=["reason={model: brain, sampels: 3}"]) == [
        "--set: reason.sampels: is no key here; did you mean `samples`?"
    ]
