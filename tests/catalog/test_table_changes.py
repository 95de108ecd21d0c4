"""A table that was changed is the table of the changed items, whatever came before, and leaves the old one alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import field

from penchant.catalog import Item, ItemTable, Schema


class Thing(Item, frozen=True, kw_only=True):
    live: ClassVar[tuple[str, ...]] = ("active", "price", "stock", "stock_at", "until", "state", "flags")
    derived: ClassVar[tuple[str, ...]] = ("pieces", "available")

    price: float | None = None
    stock: int | None = None
    stock_at: dict[str, int] = field(default_factory=dict)
    until: datetime | None = None
    state: str | None = None
    flags: tuple[str, ...] = ()
    brand: str | None = None
    kind: str = "plain"
    topics: tuple[str, ...] = ()
    rank: float = 1.0
    rule: dict[str, Any] | None = None

    @property
    def pieces(self) -> int | None:
        return sum(self.stock_at.values()) if self.stock_at else self.stock

    @property
    def available(self) -> bool:
        return self.pieces != 0


SCHEMA = Schema.of(Thing, {"grip": "number", "made": "time", "colors": "tags", "fits": "text", "wet": "flag"})
NUMBERS = (
    "price", "stock", "until", "rank", "active", "pieces", "available", "stock_at.b", "stock_at.w",
    "attributes.grip", "attributes.made", "attributes.wet",
)  # fmt: skip
TEXTS = ("state", "brand", "kind", "attributes.fits", "id", "rule", "title")
LISTS = ("flags", "topics", "attributes.colors")


def seen(table: ItemTable, *, words: bool) -> dict[str, Any]:
    """All that a table says, without codes."""
    said: dict[str, Any] = {"ids": table.ids, "present": table.present.tolist(), "active": table.active.tolist()}
    said["rows"] = [table.row(one) for one in (*table.ids, "nobody")]
    for name in NUMBERS:
        said[name] = [None if np.isnan(x) else x for x in table.number(name).tolist()]
        said[f"has {name}"] = table.has(name).tolist()
    for name in TEXTS[:-1] if not words else TEXTS:
        column = table.category(name)
        said[name] = [column.names[code] if code >= 0 else None for code in column.codes.tolist()]
        said[f"text of {name}"] = table.text(name)
    for name in (*LISTS, "brand", "kind"):
        tags = table.tags(name)
        said[f"tags of {name}"] = [
            [tags.names[code] for code in tags.codes[a:b].tolist()]
            for a, b in zip(tags.ptr[:-1].tolist(), tags.ptr[1:].tolist(), strict=True)
        ]
    for name in ("title", "stock_at", "rule", "brand", "topics"):
        said[f"has {name}"] = table.has(name).tolist()
    return said


def maybe(values: Any) -> Any:
    return st.one_of(st.none(), values)


LIVE = {
    "active": st.booleans(),
    "price": maybe(st.sampled_from([0.0, 1.5, 2.0])),
    "stock": maybe(st.integers(0, 2)),
    "stock_at": st.dictionaries(st.sampled_from("bw"), st.integers(0, 2)),
    "until": maybe(st.sampled_from([datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC)])),
    "state": maybe(st.sampled_from(["", "x", "y", "z"])),
    "flags": st.lists(st.sampled_from("pqr"), max_size=2).map(tuple),
}
FREE = st.fixed_dictionaries(
    {},
    optional={
        "grip": st.sampled_from([1, 2.5]),
        "made": st.sampled_from(["1970-01-02", "1970-01-02T00:00:00Z", "never"]),
        "colors": st.lists(st.sampled_from(["red", "blue"]), max_size=2),
        "fits": st.sampled_from(["tight", "loose"]),
        "wet": st.booleans(),
        "other": st.just(1),
    },
)
REST = {
    "title": st.sampled_from(["", "A", "B"]),
    "brand": maybe(st.sampled_from(["", "Alto", "Brio", "Cora"])),
    "kind": st.sampled_from(["plain", "fine"]),
    "topics": st.lists(st.sampled_from(["run", "road", "hill"]), max_size=2).map(tuple),
    "rank": st.sampled_from([1.0, 2.0]),
    "rule": maybe(st.sampled_from([{}, {"b": 1, "a": 2}, {"a": 2, "b": 1}])),
    "attributes": FREE,
}
PRICES = st.sampled_from([None, None, 2.0])


def things(name: str) -> Any:
    full = st.builds(Thing, id=st.just(name), **LIVE, **REST)
    return st.one_of(full, PRICES.map(lambda price: Thing(id=name, price=price)))


NAMES = [f"i{n}" for n in range(6)]


def tellings(names: list[str]) -> Any:
    """Some items by id; None takes one out."""
    return st.lists(st.sampled_from(names), unique=True, max_size=4).flatmap(
        lambda chosen: st.fixed_dictionaries({name: maybe(things(name)) for name in chosen})
    )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("changed"), tellings(NAMES)),
        st.tuples(
            st.just("live"),
            st.lists(st.sampled_from(NAMES).flatmap(lambda n: st.builds(Thing, id=st.just(n), **LIVE)), max_size=4),
        ),
        st.tuples(st.just("aligned"), st.lists(st.sampled_from([*NAMES, "j"]), unique=True)),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(tellings(NAMES), STEPS, st.booleans(), st.booleans(), st.booleans())
def test_a_changed_table_is_the_table_of_the_changed_items(
    first: Mapping[str, Thing | None], steps: list[tuple[str, Any]], streamed: bool, words: bool, asked: bool
) -> None:
    known: dict[str, Thing | None] = {name: item for name, item in first.items() if item is not None or not streamed}
    if streamed:
        items = [item for item in known.values() if item is not None]
        table = ItemTable.stream(SCHEMA, [items[:1], [], items[1:]], texts=words)
    else:
        words = True
        table = ItemTable(list(known), list(known.values()), SCHEMA)
    for how, what in steps:
        before = seen(table, words=words) if asked else {}
        old = table
        if how == "changed":
            table = table.changed(what)
            known |= {name: item for name, item in what.items() if item is not None or name in known}
        elif how == "live":
            table = table.with_live(what)
            for item in what:
                was = known.get(item.id)
                if was is not None:
                    live = {name: getattr(item, name) for name in LIVE}
                    known[item.id] = msgspec.structs.replace(was, **live)
        else:
            table = table.aligned(what)
            known = {name: known.get(name) for name in what}
        if asked:
            assert seen(old, words=words) == before
    anew = ItemTable(list(known), list(known.values()), SCHEMA)

    assert seen(table, words=words) == seen(anew, words=words)


def test_codes_stay_and_new_names_come_last() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a", brand="Brio", topics=("road",)), Thing(id="b", brand="Cora")]])
    changed = table.changed(
        {"b": Thing(id="b", brand="Brio"), "c": Thing(id="c", brand="Alto", topics=("hill", "road"))}
    )

    assert table.category("brand").names == ("Brio", "Cora")
    assert changed.category("brand").names == ("Brio", "Cora", "Alto")
    assert changed.category("brand").codes.tolist() == [0, 0, 2]
    assert changed.tags("topics").names == ("road", "hill")
    assert changed.tags("topics").codes.tolist() == [0, 1, 0]


def test_two_tables_that_grow_out_of_one_know_nothing_of_each_other() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a", brand="Brio")]])
    left = table.changed({"l": Thing(id="l", brand="Left")})
    right = table.changed({"r": Thing(id="r", brand="Right")})

    assert (left.row("l"), left.row("r"), right.row("l"), right.row("r")) == (1, -1, -1, 1)
    assert (table.row("l"), table.row("r")) == (-1, -1)
    assert left.category("brand").find("Right") == right.category("brand").find("Left") == -1
    assert right.text("brand") == ("Brio", "Right")


def test_only_what_changed_is_copied() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a", price=1.0, brand="Brio", stock=2), Thing(id="b", price=2.0)]])
    live = table.with_live([Thing(id="a", price=5.0, stock=2)])

    assert live.number("price").tolist() == [5.0, 2.0]
    assert table.number("price").tolist() == [1.0, 2.0]
    assert live.number("stock") is table.number("stock")
    assert live.category("brand") is table.category("brand")


def test_lists_and_maps_of_the_same_length_are_copied_too() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a", stock_at={"b": 1}, flags=("p",)), Thing(id="b", flags=("q",))]])
    live = table.with_live([Thing(id="a", stock_at={"b": 2}, flags=("q",))])

    assert live.number("stock_at.b").tolist()[:1] == [2.0]
    assert live.tags("flags").codes.tolist() == [1, 1]
    assert table.number("stock_at.b").tolist()[:1] == [1.0]
    assert table.tags("flags").codes.tolist() == [0, 1]
    assert live.with_live([Thing(id="a", stock_at={"b": 2}, flags=("q",))]).tags("flags") is live.tags("flags")


def test_live_changes_of_what_is_not_there_are_left_out() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a"), Thing(id="b")]]).changed({"b": None})
    live = table.with_live([Thing(id="b", price=1.0), Thing(id="x", price=1.0)])

    assert live.ids == ("a", "b")
    assert live.present.tolist() == [True, False]
    assert np.isnan(live.number("price")).all()


def test_of_an_item_told_twice_the_last_word_counts() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a")]])
    live = table.with_live([Thing(id="a", price=1.0, stock_at={"b": 1}), Thing(id="a", price=2.0, stock_at={"b": 2})])

    assert (live.number("price").tolist(), live.number("stock_at.b").tolist()) == ([2.0], [2.0])


def test_numbers_of_another_moment_take_the_place_of_todays() -> None:
    for table in (
        ItemTable(["a", "b"], [Thing(id="a", price=1.0), None]),
        ItemTable.stream(SCHEMA, [[Thing(id="a", price=1.0), Thing(id="b", active=False)]]),
    ):
        then = table.with_numbers({"price": np.array([7.0, 8.0]), "active": np.array([0.0, np.nan])})

        assert then.number("price").tolist() == [7.0, 8.0]
        assert then.active.tolist() == [False, bool(table.present[1])]
        assert table.number("price")[0] == 1.0
        assert table.active[0]
        assert then.category("brand").names == ()


@pytest.mark.parametrize(("field", "values"), [("price", np.zeros(3)), ("brand", np.zeros(1)), ("topics", np.zeros(1))])
def test_numbers_must_fit_the_table_and_the_field(field: str, values: Any) -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a", price=1.0)]])

    with pytest.raises(ValueError, match=f"{field}: .* numbers for 1 rows of "):
        table.with_numbers({field: values})


def test_a_table_of_no_items_takes_the_fields_of_the_first_that_come() -> None:
    table = ItemTable([], []).changed({"a": Thing(id="a", price=2.0, stock_at={"b": 1})})

    assert table.number("price").tolist() == [2.0]
    assert table.number("stock_at.b").tolist() == [1.0]


def test_a_streamed_table_without_words_says_so() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a", title="A"), Thing(id="b")]])

    assert table.has("title").tolist() == [True, False]
    for read in (table.text, table.category, table.tags):
        with pytest.raises(ValueError, match="words of texts were not kept"):
            read("title")
    assert ItemTable.stream(SCHEMA, [[Thing(id="a", title="A")]], texts=True).text("title") == ("A",)


def test_free_fields_of_a_streamed_table_are_those_declared() -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id="a", attributes={"grip": 2, "other": 3, "price": 9})]])

    assert table.number("grip").tolist() == table.number("attributes.grip").tolist() == [2.0]
    assert np.isnan(table.number("attributes.other")).all()
    assert np.isnan(table.number("price")).all()


def test_objects_are_told_apart_by_their_text_with_keys_in_order() -> None:
    rules = [{"b": 1, "a": [2]}, {"a": [2], "b": 1}, None]
    table = ItemTable.stream(SCHEMA, [[Thing(id=f"i{n}", rule=rule) for n, rule in enumerate(rules)]])

    assert table.category("rule").names == ('{"a":[2],"b":1}',)
    assert table.category("rule").codes.tolist() == [0, 0, -1]


def test_a_stream_may_be_long() -> None:
    batches = (
        [Thing(id=f"{a + n}", price=float(a + n) if a else None) for n in range(7_000)] for a in range(0, 28_000, 7_000)
    )
    table = ItemTable.stream(SCHEMA, batches)

    assert len(table) == 28_000
    assert np.isnan(table.number("price")[:7_000]).all()
    assert table.number("price")[7_000:].tolist() == list(range(7_000, 28_000))
