"""Fixtures that many rooms share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from penchant.events import Event
from penchant.storage import SQLiteStore

# Readline, which pytest loads, writes the size of a terminal into the environment of the processes that tests run in;
# consoles would take it for what somebody wants.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)

pytest_plugins = ("demo_workspace", "postgres_server")

# The same examples on every machine, however slow: what a test finds, everybody finds. To search further:
# pytest --hypothesis-profile=search
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile("same")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """An empty store in a file of its own."""
    made = SQLiteStore(tmp_path / "penchant.db")
    yield made
    made.close()


@pytest.fixture
def event() -> Callable[..., Event]:
    """Makes events: `event("Product Viewed", "shoe", at=60, user="ann")`; `at` in seconds."""
    count = iter(range(1_000_000))

    def make(
        name: str,
        item: str | None = None,
        *,
        at: float = 0.0,
        user: str | None = "ann",
        anonymous: str | None = None,
        domain: str = "shop",
        message_id: str | None = None,
        **fields: object,
    ) -> Event:
        number = message_id if message_id is not None else f"m{next(count)}"
        time = int(at * 1000)
        return Event(domain, "test", number, 0, name, user, anonymous, time, time, item, **fields)  # type: ignore[arg-type]

    return make
