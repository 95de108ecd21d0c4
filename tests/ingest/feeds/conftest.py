"""A web site, and the feeds of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feed_site import Site, Workspace, tsv
from penchant.storage import SQLiteStore


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def other_site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def workspace(store: SQLiteStore, tmp_path: Path, site: Site) -> Workspace:
    return Workspace(store, tmp_path, site)


@pytest.fixture
def table() -> Callable[..., str]:
    """Makes a Merchant table: `table(a="9.00 EUR", b="8.00 EUR")` has two products with these prices."""

    def make(**prices: str) -> str:
        header = {"id": "", "title": "", "link": "", "price": ""}
        rows = [
            {"id": id, "title": f"Title {id}", "link": f"https://shop.example/{id}", "price": price}
            for id, price in prices.items()
        ]
        return tsv(*rows) if rows else "\t".join(header) + "\n"

    return make
