"""The store as the engine sees it: which reply serves what, and when it is safe."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from ovlt_data.engine.store import BATCH, DELAY, Asked, Store
from ovlt_data.types import Reply

KEY = sha256(b"a request").digest()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path)
    yield store
    await store.close()


def ended(tokens: int = 50, *, cap: int | None = 100, exact: bool = True, content: str = "yes") -> Reply:
    return Reply(content=content, finish_reason="stop", completion_tokens=tokens, max_tokens=cap, exact_tokens=exact)


def cut_off(cap: int | None) -> Reply:
    return Reply(content="ye", finish_reason="length", completion_tokens=cap or 9000, max_tokens=cap)


def asked(*slots: int, cap: int | None = 100, key: bytes = KEY) -> Asked:
    return Asked(key, slots, cap)


async def wait_until_committed(store: Store) -> None:
    async with asyncio.timeout(30):
        while store.lag:  # noqa: ASYNC110 - the store has no event for it: nobody else waits for that
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("reply", "served", "refused"),
    [
        pytest.param(ended(50, cap=100), [50, 51, 100, 4096, None], [49, 1], id="ended: caps that its tokens fit in"),
        pytest.param(ended(50, cap=None), [50, 100, None], [49], id="ended under the server's own cap"),
        pytest.param(ended(50, cap=100, exact=False), [100, 101, None], [99, 50], id="ended, tokens only estimated"),
        pytest.param(ended(50, cap=None, exact=False), [None], [50, 100], id="estimated, under the server's own cap"),
        pytest.param(cut_off(100), [100, 99, 1], [101, 4096, None], id="cut off: caps up to its own"),
        pytest.param(cut_off(None), [None], [100, 9000, 10**6], id="cut off by the server's own cap"),
    ],
)
async def test_a_reply_serves_the_caps_it_would_be_the_same_under(
    store: Store, reply: Reply, served: Sequence[int | None], refused: Sequence[int | None]
) -> None:
    store.put(KEY, 0, reply)
    for _ in ("queued", "committed"):
        assert [await store.get(asked(0, cap=cap)) for cap in served] == [{0: reply}] * len(served)
        assert [await store.get(asked(0, cap=cap)) for cap in refused] == [{}] * len(refused)
        await store.flush()


async def test_replies_under_several_caps_stand_beside_each_other(store: Store) -> None:
    short, long = cut_off(100), ended(150, cap=200)
    store.put(KEY, 0, long)
    store.put(KEY, 0, short)
    assert await store.get(asked(0, cap=100)) == {0: short}
    assert await store.get(asked(0, cap=200)) == {0: long}


async def test_of_replies_that_serve_the_lowest_cap_is_taken(store: Store) -> None:
    store.put(KEY, 0, ended(cap=300, content="asked under 300"))
    store.put(KEY, 0, ended(cap=200, content="asked under 200"))
    for _ in ("queued", "committed"):
        assert (await store.get(asked(0, cap=1000)))[0].content == "asked under 200"
        await store.flush()


async def test_more_samples_add_slots_and_fewer_take_the_first_again(store: Store) -> None:
    replies = {slot: ended(content=str(slot)) for slot in range(4)}
    for slot, reply in replies.items():
        store.put(KEY, slot, reply)
    await store.flush()
    assert await store.get(asked(0, 1, 2, 3, 4, 5)) == replies
    assert await store.get(asked(0, 1)) == {0: replies[0], 1: replies[1]}


async def test_every_field_of_a_reply_comes_back(store: Store) -> None:
    reply = Reply(
        content=None,
        reasoning="Ünïcode 思考 \0 \ud7ff",
        finish_reason="stop",
        prompt_tokens=7,
        completion_tokens=3,
        max_tokens=9,
        exact_tokens=False,
        served_model="m",
        created=1,
    )
    store.put(KEY, 3, reply)
    await store.flush()
    assert await store.get(asked(3)) == {3: reply}


async def test_a_reply_is_seen_before_it_is_committed(store: Store) -> None:
    store.put(KEY, 0, ended())
    assert store.lag == 1
    assert await store.get(asked(0)) == {0: ended()}


async def test_a_full_batch_is_committed_at_once(store: Store) -> None:
    for slot in range(BATCH):
        store.put(KEY, slot, ended())
    assert store._timer is None, "the 64th reply waits for no timer"
    await wait_until_committed(store)


async def test_a_single_reply_is_committed_without_being_told(store: Store) -> None:
    store.put(KEY, 0, ended())
    await wait_until_committed(store)
    assert DELAY < 0.5


async def test_look_ups_of_one_tick_are_one_query(store: Store) -> None:
    keys = [sha256(bytes([number])).digest() for number in range(256)]
    for key in keys:
        store.put(key, 0, ended())
    await store.flush()
    queries: list[str] = []
    store._thread.submit(store._segments._own._connection.set_trace_callback, queries.append).result()
    found = await asyncio.gather(*(store.get(asked(0, key=key)) for key in keys))
    assert found == [{0: ended()}] * 256
    assert len(queries) == 1


async def test_many_keys_are_found_in_several_queries(store: Store) -> None:
    keys = [sha256(number.to_bytes(2)).digest() for number in range(1200)]
    for key in keys:
        store.put(key, 0, ended())
    found = await asyncio.gather(*(store.get(asked(0, key=key)) for key in keys))
    assert found == [{0: ended()}] * 1200


async def test_who_gave_up_waiting_disturbs_nobody(store: Store) -> None:
    store.put(KEY, 0, ended())
    gone, waiting = (asyncio.create_task(store.get(asked(0))) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await waiting == {0: ended()}


async def test_a_reply_can_be_traced_to_what_was_asked(store: Store) -> None:
    for slot in range(3):
        store.put(KEY, slot, ended(), request=b'{"messages": []}')
    assert await store.request(KEY) == b'{"messages": []}'
    assert await store.request(sha256(b"another").digest()) is None
