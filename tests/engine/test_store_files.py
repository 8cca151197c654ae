"""The store's files: several processes, processes that were killed, damaged files, full disks."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import pytest

from ovlt_data.engine.segments import MAX_FILES
from ovlt_data.engine.store import BATCH, Asked, Store
from ovlt_data.errors import EnvironmentStop
from ovlt_data.types import Reply

Writer = subprocess.Popen[str]
KEY = sha256(b"a request").digest()
CHILD = """
import asyncio, os, sys
from pathlib import Path
from ovlt_data.engine.store import Store
from ovlt_data.types import Reply

async def main(folder):
    store = await Store.open(Path(folder))
    for slot in range(100):
        store.put(bytes(32), slot, Reply(content=f"reply {slot}", max_tokens=9), request=b"{}")
    await store.flush()
    print("committed", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    store.put(bytes(32), 100, Reply(content="reply 100", max_tokens=9))
    await store.close()

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def start_writer(tmp_path: Path) -> Iterator[Callable[[], Writer]]:
    """Starts processes that have committed 100 replies and wait for a line to end, or for being killed."""
    children: list[Writer] = []

    def start() -> Writer:
        command = [sys.executable, "-c", CHILD, str(tmp_path)]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "committed\n"
        return child

    yield start
    for child in children:
        with child:
            child.kill()


def reply(content: str) -> Reply:
    return Reply(content=content, finish_reason="stop", completion_tokens=1, max_tokens=9)


async def fill(folder: Path, *contents: str, key: bytes = KEY) -> Path:
    """Write a sealed file that holds these as slots 0 … of a key."""
    store = await Store.open(folder)
    for slot, content in enumerate(contents):
        store.put(key, slot, reply(content))
    await store.close()
    return databases(folder)[0]


async def fill_apart(folder: Path, *contents: str) -> list[Path]:
    """Write one file for each of them, as processes that run at once do; the key is that of the content."""
    stores = [await Store.open(folder, say=lambda text: None) for _ in contents]
    for store, content in zip(stores, contents, strict=True):
        store.put(sha256(content.encode()).digest(), 0, reply(content))
    for store in stores:
        await store.close()
    return databases(folder)


async def read(folder: Path, key: bytes, *slots: int, read_only: tuple[Path, ...] = ()) -> tuple[list[str], list[str]]:
    """What the slots hold, and what was said."""
    said: list[str] = []
    store = await Store.open(folder, read_only=read_only, say=said.append)
    try:
        found = await store.get(Asked(key, slots or (0,), 9))
    finally:
        await store.close()
    return [found[slot].content or "" for slot in sorted(found)], said


def databases(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sqlite"))


def kill(child: Writer) -> None:
    child.kill()
    child.wait()


def is_sealed(path: Path) -> bool:
    """Whether the file stands alone: bytes 18 and 19 of SQLite's header are 2 in WAL mode."""
    return path.read_bytes()[18:20] == b"\x01\x01" and not path.with_name(f"{path.name}-wal").exists()


def leftovers(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir() if path.name != "store.lock"}


async def test_a_released_store_is_one_complete_file(tmp_path: Path) -> None:
    path = await fill(tmp_path, "a")
    assert leftovers(tmp_path) == {".sqlite", ".lock"}
    assert is_sealed(path)
    copied = tmp_path / "elsewhere"
    copied.mkdir()
    shutil.copy(path, copied)
    assert await read(copied, KEY) == (["a"], [])


async def test_the_next_process_adopts_the_file(tmp_path: Path) -> None:
    path = await fill(tmp_path, "a")
    assert await fill(tmp_path, "a", "b") == path
    assert await read(tmp_path, KEY, 0, 1) == (["a", "b"], [])


async def test_who_writes_nothing_leaves_nothing(tmp_path: Path) -> None:
    await read(tmp_path / "store", KEY)
    assert leftovers(tmp_path / "store") == set()


async def test_what_was_committed_survives_kill_9(tmp_path: Path, start_writer: Callable[[], Writer]) -> None:
    kill(start_writer())
    assert ".sqlite-wal" in leftovers(tmp_path), "else this shows nothing"
    found, said = await read(tmp_path, bytes(32), *range(101))
    assert found == [f"reply {slot}" for slot in range(100)]
    assert said == []
    assert len(databases(tmp_path)) == 1, "the lock of a dead process is nobody's"


async def test_all_that_killed_processes_left_is_recovered(tmp_path: Path, start_writer: Callable[[], Writer]) -> None:
    children = [start_writer() for _ in range(3)]
    for child in children:
        kill(child)
    found, said = await read(tmp_path, bytes(32), *range(101))
    assert (len(found), said) == (100, [])
    assert [is_sealed(path) for path in databases(tmp_path)] == [True] * 3


async def test_two_processes_write_a_file_each(tmp_path: Path, start_writer: Callable[[], Writer]) -> None:
    child, said = start_writer(), list[str]()
    store = await Store.open(tmp_path, say=said.append)
    store.put(KEY, 0, reply("ours"))
    assert await store.get(Asked(bytes(32), (0,), 9)) == {}, "a running process's replies are its own"
    assert len(said) == 1
    assert "a running process writes this file" in said[0]
    await asyncio.to_thread(child.communicate, "\n")
    await store.close()
    assert len(databases(tmp_path)) == 2
    assert await read(tmp_path, bytes(32), 99, 100) == (["reply 99", "reply 100"], [])
    assert await read(tmp_path, KEY) == (["ours"], [])


async def test_a_file_that_others_read_is_not_adopted(tmp_path: Path) -> None:
    paths = await fill_apart(tmp_path, "a", "b")
    first = await Store.open(tmp_path)
    second = await Store.open(tmp_path, say=lambda text: None)
    assert first._segments._own.path == paths[0]
    assert second._segments._own.path not in paths
    for store in (first, second):
        await store.close()


async def test_many_files_are_merged(tmp_path: Path) -> None:
    contents = [f"reply {number}" for number in range(MAX_FILES + 1)]
    assert len(await fill_apart(tmp_path, *contents)) == MAX_FILES + 1
    _, said = await read(tmp_path, KEY)
    assert "merging 9 files" in said[0]
    assert len(databases(tmp_path)) == 1
    assert leftovers(tmp_path) == {".sqlite", ".lock"}
    for content in contents:
        assert await read(tmp_path, sha256(content.encode()).digest()) == ([content], [])


async def test_as_many_files_as_allowed_stay_apart(tmp_path: Path) -> None:
    await fill_apart(tmp_path, *"abcdefgh")
    assert await read(tmp_path, sha256(b"h").digest()) == (["h"], [])
    assert len(databases(tmp_path)) == MAX_FILES


@pytest.mark.parametrize("merged", [False, True], ids=["files apart", "merged"])
async def test_of_two_replies_to_one_slot_the_same_wins_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merged: bool
) -> None:
    if merged:
        monkeypatch.setattr("ovlt_data.engine.segments.MAX_FILES", 1)
    won: set[str] = set()
    for order in permutations(["a", "b", "c"]):
        folder = tmp_path / "".join(order)
        stores = [await Store.open(folder, say=lambda text: None) for _ in order]
        for store, content in zip(stores, order, strict=True):
            store.put(KEY, 0, reply(content))
            await store.close()
        found, _ = await read(folder, KEY)
        won.update(found)
    assert len(won) == 1


async def test_a_second_reply_in_one_file_wins_only_by_its_hash(tmp_path: Path) -> None:
    won: set[str] = set()
    for order in permutations(["a", "b"]):
        folder = tmp_path / "".join(order)
        for content in order:
            await fill(folder, content)
        found, _ = await read(folder, KEY)
        won.update(found)
    assert len(won) == 1


async def test_further_stores_are_read_and_never_written(tmp_path: Path) -> None:
    path = await fill(tmp_path / "theirs", "theirs")
    before = path.read_bytes()
    assert await read(tmp_path / "ours", KEY, read_only=(tmp_path / "theirs",)) == (["theirs"], [])
    await fill(tmp_path / "ours", "ours", key=bytes(32))
    assert await read(tmp_path / "ours", bytes(32), read_only=(tmp_path / "theirs",)) == (["ours"], [])
    assert path.read_bytes() == before


async def test_a_killed_process_in_a_further_store_is_read_as_it_is(
    tmp_path: Path, start_writer: Callable[[], Writer]
) -> None:
    kill(start_writer())
    ours = tmp_path / "ours"
    assert await read(ours, bytes(32), 99, read_only=(tmp_path,)) == (["reply 99"], [])
    assert ".sqlite-wal" in leftovers(tmp_path)


async def test_the_same_folder_twice_is_one_store(tmp_path: Path) -> None:
    alias = tmp_path / "alias"
    alias.symlink_to(tmp_path / "store")
    await fill(tmp_path / "store", "a")
    assert await read(tmp_path / "store", KEY, read_only=(alias,)) == (["a"], [])


async def test_a_further_store_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentStop, match=r"nowhere: no such store"):
        await Store.open(tmp_path, read_only=[tmp_path / "nowhere"])
    assert await read(tmp_path, KEY) == ([], []), "what was locked on the way is free again"


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
