"""A store that is counted, verified, compacted, and rid of what nobody needs."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from store_folder import KEY, databases, fill, fill_apart, leftovers, read

from ovlt_data.engine import upkeep
from ovlt_data.engine.store import Store
from ovlt_data.errors import UsageError


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


async def test_what_a_store_holds_is_counted_over_its_files(tmp_path: Path) -> None:
    paths = await fill_apart(tmp_path, "a", "b", "c")
    held = upkeep.count(tmp_path, say=print)
    assert (held.files, held.replies, held.requests, dict(held.by_model)) == (3, 3, 0, {"": 3})
    assert held.bytes == sum(path.stat().st_size for path in paths)


async def test_sound_store_has_no_faults_and_stays_as_it_is(tmp_path: Path) -> None:
    path = await fill(tmp_path, "a", "b")
    before = path.read_bytes()
    assert list(upkeep.verify(tmp_path, say=print)) == []
    assert path.read_bytes() == before
    assert leftovers(tmp_path) == {".sqlite", ".lock"}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE replies SET value = x'00112233' WHERE slot = 1", "can't be decompressed"),
        ("UPDATE replies SET hash = zeroblob(32) WHERE slot = 1", "its hash is another one"),
        ("UPDATE replies SET low = 7 WHERE slot = 1", "the caps that it serves"),
        ("INSERT INTO requests SELECT zeroblob(32), value FROM replies WHERE slot = 1", "request 0000"),
    ],
    ids=["value", "hash", "caps", "request"],
)
async def test_what_is_not_as_it_was_written_is_named(tmp_path: Path, statement: str, fault: str) -> None:
    path = await fill(tmp_path, "a", "b")
    spoil(path, statement)
    (said,) = upkeep.verify(tmp_path, say=print)
    assert str(path) in said
    assert fault in said


async def test_a_file_that_is_no_database_is_named_and_the_others_are_verified(tmp_path: Path) -> None:
    first, second = await fill_apart(tmp_path, "a", "b")
    first.write_bytes(b"not a database" * 100)
    spoil(second, "UPDATE replies SET hash = zeroblob(32)")
    said = list(upkeep.verify(tmp_path, say=print))
    assert [str(first) in said[0], str(second) in said[1], len(said)] == [True, True, 2]


async def test_all_free_files_become_one(tmp_path: Path) -> None:
    await fill_apart(tmp_path, "a", "b", "c")
    upkeep.compact(tmp_path, say=print)
    assert len(databases(tmp_path)) == 1
    for content in "abc":
        assert (await read(tmp_path, sha256(content.encode()).digest()))[0] == [content]


async def test_a_file_in_use_is_left_alone_and_named(tmp_path: Path) -> None:
    await fill_apart(tmp_path, "a", "b")
    store, said = await Store.open(tmp_path), list[str]()
    assert upkeep.drop_others(tmp_path, (), really=True, say=said.append).total() == 0
    assert len(said) == 2
    upkeep.compact(tmp_path, say=print)
    await store.close()
    assert upkeep.count(tmp_path, say=print).replies == 2


async def test_what_is_not_to_be_kept_goes_only_if_really_meant(tmp_path: Path) -> None:
    await fill(tmp_path, "a", "b")
    path = await fill(tmp_path, "c", key=bytes(32))
    before = path.read_bytes()
    assert upkeep.drop_others(tmp_path, {KEY}, really=False, say=print) == {bytes(32): 1}
    assert path.read_bytes() == before
    assert upkeep.drop_others(tmp_path, {KEY}, really=True, say=print) == {bytes(32): 1}
    assert await read(tmp_path, bytes(32)) == ([], [])
    assert await read(tmp_path, KEY, 0, 1) == (["a", "b"], [])


async def test_a_file_of_which_nothing_is_kept_is_deleted(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    upkeep.drop_others(tmp_path, (), really=True, say=print)
    assert leftovers(tmp_path) == set()


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere: no such store"):
        upkeep.compact(tmp_path / "nowhere", say=print)
    assert not (tmp_path / "nowhere").exists()
