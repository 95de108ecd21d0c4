from __future__ import annotations

import threading

import pytest

from penchant.errors import StorageError
from penchant.storage import SQLiteStore
from penchant.testing import FaultyStore
from penchant.testing.faulty import READS

LONG_S = 20.0


@pytest.fixture
def faulty(store: SQLiteStore) -> FaultyStore:
    return FaultyStore(store)


def test_where_nothing_is_broken_it_is_the_store(faulty: FaultyStore, store: SQLiteStore) -> None:
    assert faulty.as_store().url == store.url
    assert faulty.as_store().versions("shop") == store.versions("shop")
    assert faulty.as_store().count() == store.count()


def test_every_call_that_can_be_broken_is_one_of_the_store() -> None:
    assert {name for name in READS if not callable(getattr(SQLiteStore, name, None))} == set()


def test_chosen_calls_raise_until_the_block_ends(faulty: FaultyStore) -> None:
    with faulty.raising({"versions"}, full=True):
        with pytest.raises(StorageError) as caught:
            faulty.as_store().versions("shop")
        assert faulty.as_store().last_seq() == 0

    assert caught.value.full
    faulty.as_store().versions("shop")


def test_whoever_waits_is_let_go_when_the_block_ends(faulty: FaultyStore) -> None:
    begun, answered = threading.Event(), threading.Event()

    def read() -> None:
        begun.set()
        faulty.as_store().versions("shop")
        answered.set()

    thread = threading.Thread(target=read)
    with faulty.waiting({"versions"}, LONG_S):
        thread.start()
        assert begun.wait(LONG_S)
        assert not answered.wait(0.02)
    assert answered.wait(LONG_S)
    thread.join(LONG_S)


def test_faults_may_lie_over_each_other(faulty: FaultyStore) -> None:
    with faulty.raising({"versions"}):
        with faulty.raising({"versions", "last_seq"}), pytest.raises(StorageError):
            faulty.as_store().last_seq()
        assert faulty.as_store().last_seq() == 0
        with pytest.raises(StorageError):
            faulty.as_store().versions("shop")
