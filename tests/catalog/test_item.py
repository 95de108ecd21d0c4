from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal

import pytest
from msgspec import Meta, field

from penchant.catalog import Item, read_item
from penchant.errors import ItemRejected


class Thing(Item, frozen=True, kw_only=True):
    live: ClassVar[tuple[str, ...]] = ("active", "price", "opens", "closes", "at")
    paths: ClassVar[tuple[str, ...]] = ("path",)
    capitals: ClassVar[tuple[str, ...]] = ("code",)
    windows: ClassVar[tuple[tuple[str, str], ...]] = (("opens", "closes"), ("", "over"))

    price: Annotated[float, Meta(ge=0)] | None = None
    weight: float | None = None
    pieces: int | None = None
    at: dict[str, Annotated[int, Meta(ge=0)]] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    state: Literal["new", "used"] | None = None
    path: str | None = None
    code: str | None = None
    opens: datetime | None = None
    closes: datetime | None = None
    over: datetime | None = None


FREE = {"grip": "number", "tags": "tags", "soft": "flag", "fit": "text", "since": "time"}


def test_plain_fields_become_an_item() -> None:
    fields = {"id": "a", "title": "A", "price": 3, "topics": ["x"], "attributes": {"grip": 1}}

    assert read_item(Thing, fields) == Thing(id="a", title="A", price=3.0, topics=("x",), attributes={"grip": 1})


def test_an_item_needs_nothing_but_an_id() -> None:
    assert read_item(Thing, {"id": "a"}) == Thing(id="a")


@pytest.mark.parametrize(
    ("fields", "place", "reason"),
    [
        (
            {"prise": 3},
            "prise",
            'is no field of this kind of item; did you mean "price"? (free fields belong in "attributes")',
        ),
        ({"zzz": 3}, "zzz", 'is no field of this kind of item (free fields belong in "attributes")'),
        ({"price": "79.90 EUR"}, "price", 'must be a number, without quotes or currency, got "79.90 EUR"'),
        ({"price": [1]}, "price", "must be a number, got [1]"),
        ({"price": -1}, "price", "must be at least 0, got -1"),
        ({"price": float("nan")}, "price", "must be a number, got nan"),
        ({"weight": float("nan")}, "weight", "must be a number, got nan"),
        ({"weight": float("inf")}, "weight", "must be a number, got inf"),
        ({"pieces": 3.5}, "pieces", "must be a whole number, got 3.5"),
        ({"pieces": 2**63}, "pieces", "must be a number that fits 64 bits"),
        ({"at": {"berlin": 1, "rome": -1}}, "at.rome", "must be at least 0, got -1"),
        ({"at": {"berlin": "1"}}, "at.berlin", 'must be a whole number, without quotes or currency, got "1"'),
        ({"at": {"": 1}}, "at", 'keys must be 1 to 100 plain characters, got ""'),
        ({"at": [1]}, "at", "must be an object, got [1]"),
        ({"topics": "x, y"}, "topics", 'must be a list, got "x, y"'),
        ({"topics": ["x", 1]}, "topics[1]", "must be text, in quotes, got 1"),
        ({"title": 42}, "title", "must be text, in quotes, got 42"),
        ({"state": "as new"}, "state", 'must be one of new, used, got "as new"'),
        ({"active": "yes"}, "active", 'must be true or false, got "yes"'),
        ({"opens": "soon"}, "opens", 'must be a date and time such as 2026-12-01T08:00:00Z, got "soon"'),
        ({"opens": 1733000000}, "opens", "must be a date and time such as 2026-12-01T08:00:00Z, got 1733000000"),
        (
            {"opens": "2026-12-02T10:00:00Z", "closes": "2026-12-02T09:00:00Z"},
            "closes",
            "must be after opens (2026-12-02T10:00:00Z), got 2026-12-02T09:00:00Z",
        ),
        ({"path": "Shoes > > Running"}, "path", 'must have no empty part, got "Shoes > > Running"'),
        ({"url": "javascript:alert(1)"}, "url", "must be an address, not a script or data"),
        ({"attributes": []}, "attributes", "must be an object, got []"),
        ({"attributes": {"grip": "3"}}, "attributes.grip", 'is declared as a number, got "3"'),
        ({"attributes": {"grip": True}}, "attributes.grip", "is declared as a number, got true"),
        ({"attributes": {"soft": 1}}, "attributes.soft", "is declared as true or false, got 1"),
        ({"attributes": {"fit": 1}}, "attributes.fit", "is declared as text, got 1"),
        ({"attributes": {"tags": [1]}}, "attributes.tags", "is declared as a list of text, got [1]"),
        (
            {"attributes": {"since": "once"}},
            "attributes.since",
            'is declared as a date and time such as 2026-12-01T08:00:00Z, got "once"',
        ),
        ({"attributes": {"more": {"x": float("inf")}}}, "attributes.more.x", "must be a number, got inf"),
        ({"attributes": {"more": 10**30}}, "attributes.more", "must be a number that fits 64 bits"),
        ({"id": 7}, "id", "must be text, in quotes, got 7"),
        ({"id": ""}, "id", "must have 1 to 200 characters"),
        ({"id": "x" * 201}, "id", "must have 1 to 200 characters"),
        ({"id": "a\n"}, "id", "must have no control characters"),
        ({"id": " a"}, "id", "must not begin or end with a space"),
        ({"id": None}, "id", "is needed"),
    ],
)
def test_a_wrong_item_is_refused_with_the_place(fields: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(ItemRejected) as caught:
        read_item(Thing, {"id": "a", **fields}, FREE)

    assert (caught.value.field, caught.value.reason) == (place, reason)
    assert str(caught.value).endswith(f": {place}: {reason}")


def test_a_deeply_nested_free_field_is_refused() -> None:
    deep: Any = 1
    for _ in range(30):
        deep = [deep]

    with pytest.raises(ItemRejected, match="nested more than 20 deep"):
        read_item(Thing, {"id": "a", "attributes": {"deep": deep}})


def test_an_id_may_be_as_long_as_allowed() -> None:
    assert len(read_item(Thing, {"id": "x" * 200}).id) == 200


def test_null_is_as_good_as_not_said() -> None:
    told = {"id": "a", "title": None, "price": None, "topics": None, "attributes": {"x": None, "y": 1}}

    assert read_item(Thing, told) == Thing(id="a", attributes={"y": 1})


def test_spellings_are_evened_out() -> None:
    item = read_item(Thing, {"id": "a", "path": " Shoes>Running ", "code": " eur", "pieces": 3.0})

    assert (item.path, item.code, item.pieces) == ("Shoes > Running", "EUR", 3)
    assert read_item(Thing, {"id": "a", "path": " "}).path is None
    assert read_item(Thing, {"id": "a", "path": ""}).path is None


@pytest.mark.parametrize(
    ("told", "opens", "closes"),
    [
        ("2026-12-01T10:00:00Z", (1, 10), (1, 10)),
        ("2026-12-01T10:00:00", (1, 10), (1, 10)),
        ("2026-12-01T10:00", (1, 10), (1, 10)),
        ("2026-12-01T10:00:00+02:00", (1, 8), (1, 8)),
        ("2026-12-01", (1, 0), (2, 0)),
        (date(2026, 12, 1), (1, 0), (2, 0)),
    ],
)
def test_moments_are_utc_and_a_day_alone_lasts_to_its_end(
    told: object, opens: tuple[int, int], closes: tuple[int, int]
) -> None:
    def moment(day: int, hour: int) -> datetime:
        return datetime(2026, 12, day, hour, tzinfo=UTC)

    assert read_item(Thing, {"id": "a", "opens": told}).opens == moment(*opens)
    assert read_item(Thing, {"id": "a", "closes": told}).closes == moment(*closes)
    assert read_item(Thing, {"id": "a", "over": told}).over == moment(*closes)


def test_free_fields_are_kept_as_json_gives_them_back() -> None:
    told = {"grip": 2, "tags": "red", "soft": False, "fit": "wide", "since": "2026-12-01", "odd": {"a": (1, None)}}

    assert read_item(Thing, {"id": "a", "attributes": told}, FREE).attributes == {
        "grip": 2,
        "tags": ["red"],
        "soft": False,
        "fit": "wide",
        "since": "2026-12-01T00:00:00Z",
        "odd": {"a": [1, None]},
    }
