"""Where pictures may stand, and that they stay what they were."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image as Pillow

from ovlt_data.errors import BadImage, EnvironmentStop
from ovlt_data.images import inside, load, refer, save
from ovlt_data.types import Image


@pytest.fixture
def picture(tmp_path: Path) -> bytes:
    file = tmp_path / "drawn.png"
    Pillow.new("RGB", (4, 4), "green").save(file)
    return file.read_bytes()


@pytest.fixture
def dataset(tmp_path: Path, picture: bytes) -> Path:
    folder = tmp_path / "dataset"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.png").write_bytes(picture)
    (tmp_path / "secret.png").write_bytes(picture)
    return folder


@pytest.mark.parametrize("name", ["images/a.png", "./images/a.png", "images//a.png"])
def test_a_name_inside_is_found(dataset: Path, name: str) -> None:
    assert inside(dataset, name) == (dataset / "images/a.png").resolve()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../secret.png", "leads upwards"),
        ("images/../../secret.png", "leads upwards"),
        ("../../../../../etc/passwd", "leads upwards"),
        ("..\\secret.png", "leads upwards"),
        ("/etc/passwd", "absolute"),
        ("C:\\secret.png", "absolute"),
        ("\\\\server\\share\\a.png", "absolute"),
        ("file:///etc/passwd", "URL"),
        ("file:images/a.png", "URL"),
        ("http://127.0.0.1/a.png", "URL"),
        ("https://example.org/a.png", "URL"),
        ("data:image/png;base64,AAAA", "URL"),
        ("", "empty name"),
        (" ", "empty name"),
        ("images/b.png", "no such file"),
        ("images", "no such file"),
        (".", "no such file"),
        ("images/a.png\0.txt", "no file can have this name"),
        ("a" * 5000, "no file can have this name"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(dataset: Path, name: str, says: str) -> None:
    with pytest.raises(BadImage, match=says):
        inside(dataset, name)


def test_links_may_not_lead_out(dataset: Path, tmp_path: Path) -> None:
    (dataset / "link.png").symlink_to(tmp_path / "secret.png")
    (dataset / "folder").symlink_to(tmp_path)
    for name in ("link.png", "folder/secret.png"):
        with pytest.raises(BadImage, match="leads out of"):
            inside(dataset, name)


def test_a_link_that_stays_inside_is_followed(dataset: Path) -> None:
    (dataset / "link.png").symlink_to("images/a.png")
    assert inside(dataset, "link.png") == (dataset / "images/a.png").resolve()


def test_links_in_a_circle_are_refused(dataset: Path) -> None:
    (dataset / "round.png").symlink_to("round.png")
    with pytest.raises(BadImage, match=r"round\.png"):
        inside(dataset, "round.png")


def test_a_pipe_is_no_picture(dataset: Path) -> None:
    os.mkfifo(dataset / "pipe.png")
    with pytest.raises(BadImage, match="no such file"):
        inside(dataset, "pipe.png")


def test_a_dataset_may_itself_stand_behind_a_link(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(dataset)
    assert inside(tmp_path / "alias", "images/a.png").is_file()


def test_a_reference_holds_the_hash_of_the_bytes(dataset: Path, picture: bytes) -> None:
    image = refer(dataset / "images" / "a.png")
    assert image == Image(str(dataset / "images" / "a.png"), hashlib.sha256(picture).hexdigest())
    assert load(image) == picture


def test_saved_bytes_come_back(tmp_path: Path, picture: bytes) -> None:
    image = save(picture, tmp_path / "kept")
    assert Path(image.path) == tmp_path / "kept" / f"{image.sha256}.png"
    assert load(image) == picture


def test_the_same_bytes_are_kept_once(tmp_path: Path, picture: bytes) -> None:
    with ThreadPoolExecutor(8) as pool:
        saved = set(pool.map(save, [picture] * 32, [tmp_path / "kept"] * 32))
    assert len(saved) == 1
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_what_is_no_picture_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="not a picture"):
        save(b"<html>", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_cannot_be_written_stops_the_run(tmp_path: Path, picture: bytes) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(EnvironmentStop, match="can't be written"):
        save(picture, tmp_path / "kept")


def test_a_changed_file_is_noticed(dataset: Path) -> None:
    image = refer(dataset / "images" / "a.png")
    Path(image.path).write_bytes(b"something else")
    with pytest.raises(BadImage, match=r"a\.png: changed since"):
        load(image)


def test_a_file_that_went_away_is_named(dataset: Path) -> None:
    image = refer(dataset / "images" / "a.png")
    Path(image.path).unlink()
    with pytest.raises(BadImage, match=r"a\.png: can't be read: No such file"):
        load(image)
    with pytest.raises(BadImage, match=r"a\.png: can't be read"):
        refer(Path(image.path))
