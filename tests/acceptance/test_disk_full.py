"""The disk fills up while events come in: what was acknowledged stays, answers go on, and it recovers by itself."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from live_server import serving
from penchant.engine import Engine
from penchant.keys import Kind
from penchant.storage import SQLiteStore
from penchant.storage.sqlite import SQLiteDatabase

MB = 1024 * 1024
MOST_BATCHES = 2_000

_libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if _libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, b"size=40m"):
        pytest.skip(f"cannot mount a small file system here: {os.strerror(ctypes.get_errno())}")
    try:
        yield folder
    finally:
        _libc.umount2(os.fsencode(folder), 2)


def batch(number: int) -> dict[str, Any]:
    """100 messages of some size."""
    return {
        "batch": [
            {
                "type": "track",
                "event": "Product Viewed",
                "messageId": f"m{number}-{n}",
                "userId": f"u{n}",
                "properties": {"product_id": f"i{n}", "about": "x" * 400},
            }
            for n in range(100)
        ]
    }


def fill(client: httpx.Client, first: int) -> tuple[int, httpx.Response]:
    """Send batches until one is not taken; its number and the answer."""
    for number in range(first, first + MOST_BATCHES):
        answer = client.post("/v1/batch", json=batch(number))
        if answer.status_code != 200:
            return number, answer
    raise AssertionError("the disk never filled")


def accepted(client: httpx.Client, number: int) -> bool:
    """Whether a batch is taken whole."""
    answer = client.post("/v1/batch", json=batch(number))
    return answer.status_code == 200 and {v["status"] for v in answer.json()["events"]} <= {"accepted", "duplicate"}


def answers(client: httpx.Client) -> bool:
    """Whether recommendations and health go on."""
    body = {"placement": "home", "domain": "shop", "user_id": "u1", "n": 5}
    answer = client.post("/v1/recommendations", json=body)
    return answer.status_code == 200 and len(answer.json()["items"]) == 5 and client.get("/health/ready").is_success


def is_full(answer: httpx.Response) -> bool:
    """A clear 5xx that says when to come again, and not where files lie."""
    body = answer.json()
    return (
        answer.status_code == 503
        and body["code"] == "storage_full"
        and "full" in body["detail"]
        and int(answer.headers["retry-after"]) >= 1
        and "/" not in body["detail"]
    )


def test_a_full_disk_is_told_reads_go_on_and_writes_resume_when_there_is_room(demo: Demo, small_disk: Path) -> None:
    spare = small_disk / "spare"
    with demo.open(small_disk / "w") as engine:
        free = os.statvfs(small_disk)
        spare.write_bytes(bytes(max(free.f_bavail * free.f_frsize - 6 * MB, 0)))
        assert spare.stat().st_size > MB, "the workspace leaves no room to play with"
        before = engine.store.count()["events"]
        with serving(engine, key=engine.create_key(Kind.SERVER, domain="shop")[0]) as client:
            assert accepted(client, 0)
            taken, refused = fill(client, 1)
            assert is_full(refused), refused.text
            assert answers(client)
            assert engine.store.count()["events"] == before + taken * 100

            spare.unlink()
            assert accepted(client, taken)
            assert accepted(client, taken + 1)
            assert answers(client)
        assert engine.store.count()["events"] == before + (taken + 2) * 100
        assert engine.store.check() == []


def test_a_store_at_its_page_limit_behaves_the_same(engine: Engine) -> None:
    store = engine.store
    assert isinstance(store, SQLiteStore)
    database = store.database
    assert isinstance(database, SQLiteDatabase)
    before = store.count()["events"]
    with serving(engine, key=engine.create_key(Kind.SERVER, domain="shop")[0]) as client:
        assert accepted(client, 0)
        database.limit_pages(int(database.rows("PRAGMA page_count")[0][0]) + 200)
        taken, refused = fill(client, 1)
        assert is_full(refused), refused.text
        assert answers(client)
        assert store.count()["events"] == before + taken * 100

        database.limit_pages(2**30)
        assert accepted(client, taken)
    assert store.count()["events"] == before + (taken + 1) * 100
    assert store.check() == []
