"""The keys at hand: found within a second, gone within a second, and never at the store's cost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from penchant.clock import FixedClock
from penchant.errors import KeyRejected, StorageError
from penchant.keys import Key, KeyRing, Kind

MakeKey = Callable[..., Key]


class Store:
    """Keys in a list, and how often they were read."""

    def __init__(self, *keys: Key) -> None:
        self.keys = list(keys)
        self.reads = 0
        self.broken = False

    def load(self) -> list[Key]:
        self.reads += 1
        if self.broken:
            raise StorageError("sqlite:///somewhere", "the disk is gone")
        return list(self.keys)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_000.0)


def test_a_key_is_found_by_its_text(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one"), key("two", Kind.ADMIN))

    assert KeyRing(store.load, clock).find("two") == store.keys[1]


def test_keys_are_read_once_a_second_however_often_they_are_asked_for(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one"))
    ring = KeyRing(store.load, clock)

    for _ in range(100):
        ring.find("one")
    assert store.reads == 1

    clock.advance(0.99)
    ring.find("one")
    assert store.reads == 1
    clock.advance(0.02)
    ring.find("one")
    assert store.reads == 2


def test_a_revoked_key_stops_within_a_second(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one"))
    ring = KeyRing(store.load, clock)
    ring.find("one")

    store.keys = [store.keys[0]._replace(revoked=1_000_000)]
    clock.advance(1.0)

    with pytest.raises(KeyRejected):
        ring.find("one")


def test_a_key_expires_at_its_moment_without_being_read_again(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one", expires=1_000_500))
    ring = KeyRing(store.load, clock)
    ring.find("one")
    clock.advance(0.5)

    with pytest.raises(KeyRejected):
        ring.find("one")
    assert (ring.known("one"), store.reads) == (None, 1)


def test_unknown_expired_and_revoked_are_one_answer_that_does_not_say_the_key(clock: FixedClock, key: MakeKey) -> None:
    ring = KeyRing(Store(key("secret-1", expires=1), key("secret-2", revoked=1)).load, clock)

    said = set()
    for value in ("secret-1", "secret-2", "secret-3", "secret-" + "x" * 5_000, ""):
        with pytest.raises(KeyRejected) as caught:
            ring.find(value)
        said.add(caught.value.message)

    assert len(said) == 1
    assert "secret" not in said.pop()


def test_a_key_that_is_made_now_works_now(clock: FixedClock, key: MakeKey) -> None:
    store = Store()
    ring = KeyRing(store.load, clock)
    with pytest.raises(KeyRejected):
        ring.find("new")

    store.keys.append(key("new"))

    assert ring.find("new") == store.keys[0]


def test_keys_that_nobody_has_cannot_load_the_store(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one"))
    ring = KeyRing(store.load, clock)

    for number in range(1_000):
        with pytest.raises(KeyRejected):
            ring.find(f"guess-{number}")
    assert store.reads == 6  # the first reading, and five early ones

    clock.advance(0.5)
    for number in range(1_000):
        with pytest.raises(KeyRejected):
            ring.find(f"guess-{number}")
    assert store.reads == 8


def test_a_text_that_is_too_long_is_not_even_looked_for(clock: FixedClock) -> None:
    store = Store()
    ring = KeyRing(store.load, clock)
    ring.empty()

    with pytest.raises(KeyRejected):
        ring.find("k" * 201)

    assert store.reads == 1


def test_an_id_without_the_right_digest_opens_nothing(clock: FixedClock, key: MakeKey) -> None:
    forged = key("one")._replace(digest=bytes(32))

    with pytest.raises(KeyRejected):
        KeyRing(Store(forged).load, clock).find("one")


def test_the_last_keys_hold_while_the_store_cannot_be_read_but_not_for_ever(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one"))
    ring = KeyRing(store.load, clock)
    ring.find("one")
    store.broken = True

    clock.advance(599.0)
    assert ring.find("one") == store.keys[0]
    clock.advance(1.0)
    with pytest.raises(StorageError):
        ring.find("one")

    store.broken = False
    clock.advance(1.0)
    assert ring.find("one") == store.keys[0]


def test_a_key_that_is_not_at_hand_is_not_called_wrong_while_the_store_cannot_be_read(
    clock: FixedClock, key: MakeKey
) -> None:
    store = Store(key("one"))
    ring = KeyRing(store.load, clock)
    ring.find("one")
    store.broken = True
    clock.advance(1.0)

    with pytest.raises(StorageError):
        ring.find("perhaps-new")


def test_a_store_that_never_could_be_read_opens_nothing(clock: FixedClock) -> None:
    store = Store()
    store.broken = True
    ring = KeyRing(store.load, clock)

    for _ in range(3):
        with pytest.raises(StorageError):
            ring.find("one")


def test_the_version_grows_only_when_keys_change(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one"))
    ring = KeyRing(store.load, clock)
    ring.refresh()
    first = ring.version

    ring.refresh()
    assert ring.version == first
    store.keys.append(key("two"))
    ring.refresh()
    assert ring.version == first + 1


def test_a_ring_is_empty_when_no_key_works(clock: FixedClock, key: MakeKey) -> None:
    assert KeyRing(Store().load, clock).empty()
    assert KeyRing(Store(key("one", revoked=1)).load, clock).empty()
    assert not KeyRing(Store(key("one")).load, clock).empty()


def test_many_threads_that_find_the_keys_stale_read_them_once(clock: FixedClock, key: MakeKey) -> None:
    store = Store(key("one"))
    ring = KeyRing(store.load, clock)
    start = threading.Barrier(8)

    def find(_: int) -> Key:
        start.wait(10)
        return ring.find("one")

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(find, range(8)))

    assert set(found) == {store.keys[0]}
    assert store.reads == 1
