"""The store's files: who writes which, what a killed process leaves, and what others see of it."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import pytest
from store_folder import KEY, databases, fill, fill_apart, leftovers, read, reply

from ovlt_data.engine.segments import MAX_FILES
from ovlt_data.engine.store import Asked, Store
from ovlt_data.errors import EnvironmentStop

Writer = subprocess.Popen[str]
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


def kill(child: Writer) -> None:
    child.kill()
    child.wait()


def is_sealed(path: Path) -> bool:
    """Whether the file stands alone: bytes 18 and 19 of SQLite's header are 2 in WAL mode."""
    return path.read_bytes()[18:20] == b"\x01\x01" and not path.with_name(f"{path.name}-wal").exists()


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


async def test_a_shard_adopts_its_own_file_and_merges_no_others(tmp_path: Path) -> None:
    others = await fill_apart(tmp_path, *"abcdefghi")
    for label in ("shard-1-of-2", "shard-1-of-2", "shard-2-of-2"):
        store = await Store.open(tmp_path, label=label)
        store.put(KEY, 0, reply(label))
        await store.close()
    names = [path.name.rpartition("-")[0] for path in databases(tmp_path)]
    assert names == ["replies"] * len(others) + ["shard-1-of-2", "shard-2-of-2"]


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
