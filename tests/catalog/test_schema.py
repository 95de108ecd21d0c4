from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import pytest
from msgspec import Meta, field

from penchant.catalog import Item, Schema
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product


class Box(msgspec.Struct, frozen=True):
    wide: int = 0


class Thing(Item, frozen=True, kw_only=True):
    texts: ClassVar[tuple[str, ...]] = (*Item.texts, "notes")
    live: ClassVar[tuple[str, ...]] = ("active", "count")
    derived: ClassVar[tuple[str, ...]] = ("double", "any_left")

    weight: Annotated[float, Meta(ge=0)] | None = None
    count: int = 3
    is_new: bool | None = None
    out: datetime | None = None
    day: date | None = None
    brand: str | None = None
    size: Literal["s", "m"] = "s"
    level: Literal[1, 2] | None = None
    topics: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    sizes: list[int] = field(default_factory=list)
    stock_at: dict[str, int] = field(default_factory=dict)
    rule: dict[str, Any] | None = None
    box: Box | None = None
    either: int | str | None = None
    notes: str = ""

    @property
    def double(self) -> int:
        return 2 * self.count

    @property
    def any_left(self) -> bool:
        return self.count > 0


SCHEMA = Schema.of(Thing, {"grip": "number", "fits": "text", "colors": "tags", "wet": "flag", "made": "time"})


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("id", "category"),
        ("title", "text"),
        ("notes", "text"),
        ("active", "flag"),
        ("weight", "number"),
        ("count", "number"),
        ("is_new", "flag"),
        ("out", "time"),
        ("day", "time"),
        ("brand", "category"),
        ("size", "category"),
        ("level", "json"),
        ("topics", "tags"),
        ("words", "tags"),
        ("sizes", "json"),
        ("stock_at", "map"),
        ("stock_at.berlin", "number"),
        ("stock_at.a.b", "number"),
        ("rule", "json"),
        ("box", "json"),
        ("either", "json"),
        ("double", "number"),
        ("any_left", "flag"),
        ("attributes.grip", "number"),
        ("attributes.fits", "category"),
        ("attributes.colors", "tags"),
        ("attributes.wet", "flag"),
        ("attributes.made", "time"),
    ],
)
def test_every_path_says_what_it_holds(path: str, kind: str) -> None:
    assert SCHEMA.column(path) == kind


@pytest.mark.parametrize("path", ["attributes", "attributes.none", "grip", "nothing", "brand.x", "stock_at.", "", "."])
def test_what_nobody_declared_is_no_column(path: str) -> None:
    with pytest.raises(KeyError):
        SCHEMA.column(path)


def test_what_changes_often_is_live_or_worked_out() -> None:
    assert SCHEMA.changing == ("active", "count", "double", "any_left")
    assert Schema.of(Product).changing[-2:] == ("available", "pieces")


def test_defaults_are_those_of_the_item_type() -> None:
    assert [SCHEMA.defaults[path] for path in ("id", "title", "active", "count", "size", "topics")] == [
        None, None, True, 3, "s", (),
    ]  # fmt: skip
    assert SCHEMA.defaults["attributes.grip"] is None


def test_free_fields_hold_what_a_column_can() -> None:
    with pytest.raises(ValueError, match="\"grip\" holds 'money', not one of text, tags, number, flag, time"):
        Schema.of(Thing, {"grip": "money"})  # type: ignore[dict-item]


def test_the_packs_have_the_columns_their_callers_ask_for() -> None:
    product, content, module = Schema.of(Product), Schema.of(Content), Schema.of(Module)

    assert (product.column("available"), product.column("pieces")) == ("flag", "number")
    assert (product.column("stock_at.berlin"), product.column("sets")) == ("number", "tags")
    assert (content.column("kind"), content.column("flags")) == ("category", "tags")
    assert (module.column("eligibility"), module.column("disclosure")) == ("json", "text")


def test_equal_declarations_are_equal_schemas() -> None:
    assert Schema.of(Thing, {"grip": "number"}) == Schema.of(Thing, {"grip": "number"})
    assert Schema.of(Thing) != Schema.of(Thing, {"grip": "number"})
