"""The Hub's reader, on a dataset folder in the Hub's layout: `datasets` reads both in the same way."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from datasets import Dataset, Features, Image, List, Value, disable_progress_bars

from ovlt_data.errors import EnvironmentStop, UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import list_commits
from ovlt_data.sources.hub import is_hub_id, read_rows

CARD = """---
configs:
- config_name: Geo(X)
  data_files: Geo(X)/train-*
- config_name: other
  data_files: other/train-*
---
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repository(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, draw: Callable[[str], bytes]) -> Path:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", cache)
    disable_progress_bars()
    red = {"bytes": draw("red"), "path": "1.png"}
    turns = [{"from": "human", "value": "<image>What colour?"}, {"from": "gpt", "value": "The answer is red"}]
    features = Features(
        {
            "id": Value("string"),
            "image": Image(),
            "images": List(Image()),
            "conversations": [{"from": Value("string"), "value": Value("string")}],
        }
    )
    rows = Dataset.from_list(
        [{"id": "1", "image": red, "images": [red, red], "conversations": turns}], features=features
    )
    for config in ("Geo(X)", "other"):
        rows.to_parquet(tmp_path / "repository" / config / "train-00000-of-00001.parquet")
    (tmp_path / "repository" / "README.md").write_text(CARD)
    return tmp_path / "repository"


@pytest.mark.parametrize("taken", [{}, {"sample": 1}, {"sample": 1, "streaming": True}, {"streaming": False}], ids=str)
def test_rows_of_a_config_come_with_their_pictures_bytes(
    repository: Path, draw: Callable[[str], bytes], taken: dict[str, int]
) -> None:
    fields = {"source": "x", "format": "llava", "path": str(repository), "config": "Geo(X)"}
    spec = SourceSpec.model_validate(fields | taken)
    (row,) = read_rows(spec)
    assert (row.where, row.values["id"]) == ("row 1", "1")
    assert row.values["image"]["bytes"] == draw("red")
    assert [image["bytes"] for image in row.values["images"]] == [draw("red")] * 2


@pytest.mark.parametrize(
    "wrong", [{"config": "Geo(Y)"}, {"config": "other", "split": "test"}, {}], ids=["config", "split", "no_config"]
)
def test_what_the_dataset_lacks_is_an_error(repository: Path, wrong: dict[str, str]) -> None:
    spec = SourceSpec.model_validate({"source": "x", "format": "llava", "path": str(repository), **wrong})
    with pytest.raises(UsageError, match="the Hub has no such dataset, config, split or revision"):
        list(read_rows(spec))


@pytest.mark.parametrize(
    ("path", "expected"),
    [("lmms-lab/LLaVA-OneVision-Data", True), ("/abs/path", False), ("a/b/c", False), (None, False)],
)
def test_a_hub_id_is_owner_and_name(path: str | None, expected: bool) -> None:
    assert is_hub_id(SourceSpec(source="x", path=path)) == expected


def test_a_path_that_exists_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert not is_hub_id(SourceSpec(source="x", path="owner/name"))


def test_a_hub_out_of_reach_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(EnvironmentStop, match=r"can't read owner/name from the Hub: .*; check the network"):
        list(read_rows(SourceSpec(source="x", format="llava", path="owner/name")))


COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Hub(BaseHTTPRequestHandler):
    """Knows one dataset, and its branch `main`."""

    def do_GET(self) -> None:
        known = self.path.split("?")[0] in ("/api/datasets/owner/known", "/api/datasets/owner/known/revision/v1")
        body = json.dumps({"id": "owner/known", "sha": COMMIT} if known else {"error": "not found"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("path", "revision", "commits"),
    [
        ("owner/known", None, [f"owner/known@{COMMIT}"]),
        ("owner/known", "v1", [f"owner/known@{COMMIT}"]),
        ("owner/known", "v2", []),
        ("owner/unknown", None, []),
        ("/somewhere/on/disk", None, []),
    ],
)
def test_the_commit_behind_a_name_is_found(path: str, revision: str | None, commits: list[str]) -> None:
    spec = SourceSpec(source="x", format="llava", path=path, revision=revision)
    assert list_commits([spec, spec]) == commits
