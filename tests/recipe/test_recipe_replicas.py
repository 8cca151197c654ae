"""`endpoint: file:PATH`: found from the recipe's folder, and as strict as URLs in the recipe."""

from pathlib import Path

import pytest

from ovlt_data.errors import RecipeError
from ovlt_data.recipe import load_recipe

SET = ["models.brain.endpoint=file:endpoints.txt"]


def test_urls_are_read_from_the_file_beside_the_recipe(good: Path) -> None:
    (good.parent / "endpoints.txt").write_text("# all of node 1\n\nhttp://a:8000/v1\nhttp://a:8001/v1 # second\n")
    brain = load_recipe(good, SET).models["brain"]
    assert brain.endpoint == [f"file:{good.parent}/endpoints.txt"]
    assert brain.urls == ["http://a:8000/v1", "http://a:8001/v1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(b"", " names no URL; expected one a line", id="empty"),
        pytest.param(b"# none\n", " names no URL", id="comments-only"),
        pytest.param(b"http://a/v1\nhtt", ":2 is `htt`; expected one URL a line", id="torn"),
        pytest.param(b"http://a/v1\nhttp://b\nhttp://a/v1/\n", ":3 names the URL of line 1 again", id="twice"),
        pytest.param(b"http://\xff", " is not UTF-8 text", id="not-text"),
        pytest.param(b"x\ny\n", ":1 is `x`; expected one URL a line, all of them that begin", id="all-at-once"),
        pytest.param(b"http://a\nhttp://me:s3cr3t@a\n", ":2 has a user or password in its URL", id="password"),
        pytest.param(b"http://a/v1?api_key=s3cr3t\n", ":1 has a key in its URL's query", id="key"),
    ],
)
def test_file_that_can_not_be_used_is_refused_with_its_lines(good: Path, text: bytes, told: str) -> None:
    (good.parent / "endpoints.txt").write_bytes(text)
    with pytest.raises(RecipeError) as caught:
        load_recipe(good, SET)
    assert f"models.brain.endpoint: {good.parent}/endpoints.txt{told}" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
