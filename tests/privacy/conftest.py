"""A workspace without models, where one person has left something in every place there is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from penchant.clock import FixedClock
from penchant.events import Consent, Event, Link, Trait
from penchant.privacy import Privacy
from penchant.storage import FailedRow, Lake, Part, Releases, SlateRow, SQLiteStore

CONSENT = {"analytics": True, "personalization": True, "email": False, "ads": False}
NOW = 1_760_000_000.0

ANN = ("anon:phone-CANARY", "user:ann-CANARY")
"""Both ids of the person. Whatever else is hers has CANARY in it too; nothing of Bob's has."""


@dataclass
class Place:
    """A workspace, and its people."""

    folder: Path
    store: SQLiteStore
    lake: Lake
    releases: Releases
    rejected: Path
    clock: FixedClock
    privacy: Privacy
    waiting: list[SlateRow]
    """Slates that wait in memory."""

    def files_with(self, text: bytes) -> list[str]:
        """Every file that has this text in it somewhere."""
        files = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        return [str(path.relative_to(self.folder)) for path in files if text in path.read_bytes()]

    def rows_with(self, text: str) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table that has this text in some column, by table."""
        found: dict[str, list[dict[str, Any]]] = {}
        for table, columns in COLUMNS.items():
            for row in self.store.database.rows(f"SELECT {', '.join(columns)} FROM {table}"):
                if any(text in shown(value) for value in row):
                    found.setdefault(table, []).append(dict(zip(columns, row, strict=True)))
        return found

    def refused_lines(self) -> list[str]:
        """All refused rows that are kept."""
        return [line for path in sorted(self.rejected.glob("*.jsonl")) for line in path.read_text().splitlines()]


COLUMNS = {
    "event": ["seq", "source", "message_id", "actor", "user_id", "anonymous_id", "item", "properties", "context"],
    "link": ["a", "b", "at", "source", "how", "undone"],
    "member": ["actor", "person"],
    "trait": ["actor", "name", "value", "at", "source"],
    "consent": ["actor", "purpose", "granted", "at", "source"],
    "slate": ["id", "domain", "actor", "at", "body"],
    "failed": ["id", "user_id", "anonymous_id", "message_id", "message", "field", "body"],
    "receipt": ["id", "body"],
    "meta": ["name", "value"],
}
"""Where something of a person can stand."""


def shown(value: object) -> str:
    """A cell as text."""
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


def made(number: int, name: str, user: str | None, anonymous: str | None, at: int = 0, **fields: Any) -> Event:
    """Event `m<number>` of domain `shop`."""
    fields = {"domain": "shop", "source": "web", **fields}
    return Event(
        message_id=f"m{number}",
        line=0,
        name=name,
        user_id=user,
        anonymous_id=anonymous,
        time=int(NOW * 1000) - 1000 + at,
        received=int(NOW * 1000) - 500 + at,
        **fields,
    )


def failed(name: str, user: str | None, anonymous: str | None, body: bytes | None) -> FailedRow:
    """A failed message of either id."""
    return FailedRow(
        name, 5, "shop", "web", f"{name}-m", user, anonymous, "schema", "bad_number", "price", "must be 0 or more", body
    )


def refused(*rows: dict[str, Any]) -> bytes:
    """Refused rows as imports keep them."""
    head = {"file": "orders.csv", "line": 3, "reason": "bad_time", "field": "time", "message": "is no time"}
    return b"".join(msgspec.json.encode({**head, "values": row}) + b"\n" for row in rows)


def make_place(folder: Path, store: SQLiteStore) -> Place:
    """An empty workspace."""
    clock, waiting = FixedClock(NOW), list[SlateRow]()

    def flush() -> None:
        store.log_slates(waiting)
        waiting.clear()

    lake, releases, rejected = Lake(folder / "lake"), Releases(folder / "releases"), folder / "rejected"
    number = itertools.count(1)
    privacy = Privacy(
        store,
        lake,
        releases,
        rejected,
        clock=clock,
        flush=flush,
        consent=CONSENT,
        domain="shop",
        token=lambda: f"t{next(number)}",
    )
    return Place(folder, store, lake, releases, rejected, clock, privacy, waiting)


def release(place: Place, domain: str, at: float) -> str:
    """Train something, as far as a release shows it."""
    parts = {"items": Part("items", {"codes": np.arange(3)})}
    return place.releases.publish(domain, "product", parts, now=at, config="c", version="1", evidence={}).id


@pytest.fixture
def bare(tmp_path: Path, store: SQLiteStore) -> Place:
    """A workspace without people."""
    return make_place(tmp_path, store)


@pytest.fixture
def place(bare: Place) -> Place:
    """A workspace that holds something of Ann in every place, and of Bob beside her."""
    user, anonymous = "ann-CANARY", "phone-CANARY"
    release(bare, "shop", NOW - 1000)
    events: Sequence[Event] = [
        made(1, "Product Viewed", None, anonymous, item="shoe", context={"page": {"url": "/?who=CANARY"}}),
        made(2, "Product Added", user, anonymous, 1, item="shoe", properties={"note": "gift for CANARY"}),
        made(3, "Content Viewed", user, None, 2, item="clip", domain="channel", source="tv", session="s-CANARY"),
        made(4, "Product Viewed", "bob", "tablet", item="shoe", properties={"note": "fine"}),
    ]
    bare.store.append(
        events,
        links=[
            Link("user:ann-CANARY", "anon:phone-CANARY", 1, "web", "event"),
            Link("user:ann-CANARY", "user:wrong-CANARY", 2, "web", "alias"),
            Link("user:bob", "anon:tablet", 3, "web", "event"),
        ],
        traits=[
            Trait("user:ann-CANARY", "city", b'"CANARY town"', 10, "web"),
            Trait("user:ann-CANARY", "city", b'"CANARY city"', 20, "web"),
            Trait("user:ann-CANARY", "age", b"null", 20, "web"),
            Trait("user:bob", "city", b'"Linz"', 10, "web"),
        ],
        consents=[
            Consent("anon:phone-CANARY", "ads", True, 5, "web"),
            Consent("user:ann-CANARY", "ads", False, 6, "web"),
            Consent("user:bob", "email", True, 5, "web"),
        ],
        failed=[
            failed("f1", "ann-CANARY", None, b'{"price": "CANARY"}'),
            failed("f2", None, "phone-CANARY", b"\xff\xfeCANARY"),
            failed("f3", "ann-CANARY", None, None),
            failed("f4", "bob", None, b'{"price": "free"}'),
        ],
    )
    bare.store.unlink("user:ann-CANARY", "user:wrong-CANARY", 30)
    bare.store.log_slates([SlateRow("s1", "shop", "user:ann-CANARY", 1, b'{"items": ["CANARY"]}')])
    bare.store.log_slates([SlateRow("s2", "shop", "user:bob", 1, b'{"items": []}')])
    bare.waiting.append(SlateRow("s3", "shop", "anon:phone-CANARY", 2, b'{"items": ["CANARY too"]}'))
    bare.lake.roll(bare.store)
    release(bare, "shop", NOW + 10)
    release(bare, "channel", NOW + 10)
    bare.rejected.mkdir()
    (bare.rejected / "orders-1.jsonl").write_bytes(
        refused(
            {"customer": "ann-CANARY", "note": "CANARY"},
            {"customer": "bob", "note": "fine"},
            {"text": "7,phone-CANARY,x"},
        )
    )
    (bare.rejected / "orders-2.jsonl").write_bytes(refused({"user_id": "ann-CANARY"}))
    bare.clock.advance(60)
    return bare
