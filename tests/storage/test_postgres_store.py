from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from penchant.catalog import KeptItem
from penchant.errors import StorageError
from penchant.storage import PostgresStore, SQLiteStore, Store, open_store
from penchant.testing import StoreChecks
from penchant.testing.stores import kept, put
from postgres_server import ask


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    made = PostgresStore(postgres_url)
    yield made
    made.close()


@pytest.fixture
def second(store: Store, postgres_url: str) -> Iterator[Store]:
    """Another server on the same data."""
    made = PostgresStore(postgres_url)
    yield made
    made.close()


class TestPostgresStore(StoreChecks):
    pass


def test_a_store_is_found_again(store: Store, postgres_url: str) -> None:
    put(store, "shoe")
    salt = store.meta()["salt"]
    store.close()

    again = PostgresStore(postgres_url)
    assert kept(again) == [KeptItem("shoe", b"{}", b"{}", 1)]
    assert again.meta()["salt"] == salt
    again.close()


def test_servers_that_start_at_once_make_one_store(postgres_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(PostgresStore, [postgres_url] * 4))

    assert len({store.meta()["salt"] for store in stores}) == 1
    for store in stores:
        store.close()


def test_the_store_of_a_newer_penchant_is_left_alone(store: Store, postgres_url: str) -> None:
    ask(postgres_url, "UPDATE meta SET value = '1000' WHERE name = 'schema'")

    with pytest.raises(StorageError, match="newer penchant"):
        PostgresStore(postgres_url)


def test_a_schema_with_the_tables_of_something_else_is_left_alone(postgres_url: str) -> None:
    ask(postgres_url, "CREATE TABLE event (id INTEGER)")

    with pytest.raises(StorageError, match="a table event of something else"):
        PostgresStore(postgres_url)
    assert ask(postgres_url, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()") == [(1,)]


def test_ids_sort_as_they_do_on_every_store(store: Store) -> None:
    """Whatever language the server sorts in."""
    names = ["b", "B", "a", "ä", "Z", "_", "1", "🙂", "\uffff"]
    put(store, *names)

    assert [item.id for item in kept(store)] == sorted(names)


def test_a_url_says_which_store(postgres_url: str, tmp_path: Path) -> None:
    with_scheme = postgres_url.replace("postgresql://", "postgres://")
    for url, kind in ((postgres_url, PostgresStore), (with_scheme, PostgresStore), ("sqlite:///a/b.db", SQLiteStore)):
        opened = open_store(url, tmp_path)
        assert type(opened) is kind
        opened.close()

    assert (tmp_path / "a" / "b.db").exists()
    with pytest.raises(StorageError) as caught:
        open_store("mysql://ann:secret@db/shop", tmp_path)
    assert "secret" not in str(caught.value)
