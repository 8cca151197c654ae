"""What tests of the store's files share: folders are filled and read through stores that are opened and closed."""

from hashlib import sha256
from pathlib import Path

from ovlt_data.engine.store import Asked, Store
from ovlt_data.types import Reply

KEY = sha256(b"a request").digest()


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


def leftovers(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir() if path.name != "store.lock"}
