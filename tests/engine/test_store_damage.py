"""The store on a bad day: damaged files, files from the future, full disks."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from store_folder import KEY, databases, fill, fill_apart, leftovers, read, reply

from ovlt_data.engine.store import BATCH, Store
from ovlt_data.errors import EnvironmentStop
from ovlt_data.types import Reply


def held_by(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        key = connection.execute("SELECT key FROM replies").fetchone()[0]
    return next(content for content in "ab" if sha256(content.encode()).digest() == key)


def overwrite_header(path: Path) -> None:
    path.write_bytes(b"not a database, " * 8 + path.read_bytes()[128:])


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite_all_but_the_first_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))


def flip_one_bit_of_a_reply(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        size = connection.execute("SELECT length(value) FROM replies").fetchone()[0]
        with connection.blobopen("replies", "value", 1) as value:
            value[size - 6] = value[size - 6] ^ 1


DAMAGES = [overwrite_header, truncate, overwrite_all_but_the_first_page, flip_one_bit_of_a_reply]


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.__name__ for damage in DAMAGES])
@pytest.mark.parametrize("number", [0, 1], ids=["our own", "another's"])
async def test_a_damaged_file_is_set_aside_alone(tmp_path: Path, damage: Callable[[Path], None], number: int) -> None:
    path = (await fill_apart(tmp_path, "a", "b"))[number]
    lost, kept = ("a", "b") if held_by(path) == "a" else ("b", "a")
    damage(path)
    found, said = await read(tmp_path, sha256(lost.encode()).digest())
    assert (found, len(said)) == ([], 1)
    assert f"{path}: the file is damaged" in said[0]
    assert f"set aside as {path.stem}.corrupt" in said[0]
    assert ".corrupt" in leftovers(tmp_path)
    assert await read(tmp_path, sha256(kept.encode()).digest()) == ([kept], [])


async def test_a_damaged_file_in_a_further_store_stays_where_it_is(tmp_path: Path) -> None:
    path = await fill(tmp_path / "theirs", "theirs")
    overwrite_header(path)
    found, said = await read(tmp_path / "ours", KEY, read_only=(tmp_path / "theirs",))
    assert found == []
    assert databases(tmp_path / "theirs") == [path]
    assert "left where it is and not read" in said[0]


async def test_writing_goes_on_when_our_file_is_damaged(tmp_path: Path) -> None:
    path = await fill(tmp_path, *(f"reply {slot}" for slot in range(100)))
    overwrite_all_but_the_first_page(path)
    said: list[str] = []
    store = await Store.open(tmp_path, say=said.append)
    store.put(KEY, 0, reply("anew"))
    await store.close()
    assert "set aside" in said[0]
    assert await read(tmp_path, KEY) == (["anew"], [])


async def test_a_newer_schema_is_refused_and_kept(tmp_path: Path) -> None:
    path = await fill(tmp_path, "a")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    for read_only in (False, True):
        with pytest.raises(EnvironmentStop, match=r"written by a newer ovlt .* Update ovlt"):
            await (Store.open(tmp_path / "ours", read_only=[tmp_path]) if read_only else Store.open(tmp_path))
    assert databases(tmp_path) == [path]


async def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentStop, match="store's folder can't be made"):
        await Store.open(tmp_path / "file" / "store")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT TESTED: a full disk (needs root and the right to mount a tmpfs)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)


def noise(slot: int) -> Reply:
    return reply(f"{slot} " + "".join(sha256(f"{slot} {part}".encode()).hexdigest() for part in range(30)))


async def put_until_full(store: Store) -> int:
    """How many replies were committed before the disk was full."""
    for start in range(0, 10_000, BATCH):
        for slot in range(start, start + BATCH):
            store.put(KEY, slot, noise(slot))
        try:
            await store.flush()
        except EnvironmentStop:
            return start
    raise AssertionError("the disk was never full")


async def test_on_a_full_disk_what_was_committed_stays(small_disk: Path) -> None:
    store = await Store.open(small_disk)
    committed = await put_until_full(store)
    assert committed
    with pytest.raises(EnvironmentStop, match=r"the disk is full. What was committed is safe"):
        await store.close()
    enlarge(small_disk)
    found, said = await read(small_disk, KEY, *range(committed + 1000))
    assert found == [noise(slot).content for slot in range(committed)]
    assert said == []


async def test_with_room_made_what_waited_is_committed(small_disk: Path) -> None:
    store = await Store.open(small_disk)
    committed = await put_until_full(store)
    assert store.lag == BATCH
    enlarge(small_disk)
    await store.close()
    found, _ = await read(small_disk, KEY, *range(committed + 1000))
    assert len(found) == committed + BATCH
