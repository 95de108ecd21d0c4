from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from penchant.catalog import About, Item, ItemTable, Schema
from penchant.placements import CompiledRule, Rule, compile_rules


class Thing(Item, frozen=True, kw_only=True):
    """An item with a price, a kind and a date."""

    price: float | None = None
    kind: str | None = None
    released: datetime | None = None


SCHEMA = Schema.of(Thing)
THINGS = (
    Thing(id="a", price=10.0, kind="x", released=datetime.fromtimestamp(0, UTC)),
    Thing(id="b", price=20.0, kind="y", released=datetime.fromtimestamp(900_000, UTC)),
    Thing(id="c", price=30.0, kind="x"),
)
TABLE = ItemTable([thing.id for thing in THINGS], THINGS)
NOW = 1_000_000.0


def made(**fields: Any) -> CompiledRule:
    return CompiledRule.of("r", 3, Rule(**{"action": "exclude", **fields}), SCHEMA)


def rows(rule: CompiledRule, about: About | None = None, table: ItemTable = TABLE) -> list[int]:
    return np.flatnonzero(rule.rows(table, about or About(now=NOW))).tolist()


def test_rules_stand_by_priority_then_by_id() -> None:
    bodies = {"b": 0, "a": 0, "c": 5, "d": -1}
    kept = [(name, 1, msgspec.json.encode(Rule(action="list", items=("a",), priority=p))) for name, p in bodies.items()]

    assert [rule.id for rule in compile_rules(kept, SCHEMA, ())[0]] == ["c", "a", "b", "d"]


def test_a_rule_that_no_longer_fits_is_left_out_and_told_and_the_others_stay() -> None:
    good = msgspec.json.encode(Rule(action="list", items=("a",), placements=("home", "gone")))
    lost = msgspec.json.encode(Rule(action="exclude", filter={"field": "brand", "eq": "Alto"}))
    rules, notes = compile_rules(
        [("good", 2, good), ("lost", 1, lost), ("odd", 1, b'{"action":"dance"}'), ("torn", 1, b"{")], SCHEMA, ["home"]
    )

    assert [(rule.id, rule.revision) for rule in rules] == [("good", 2)]
    assert notes[0] == 'rule good: no placement "gone"'
    assert notes[1].startswith("rule lost is left out: filter.field: ")
    assert notes[2].startswith("rule odd is left out: it cannot be read (")
    assert notes[3].startswith("rule torn is left out: it cannot be read (")
    assert len(notes) == 4


def test_a_rule_runs_from_its_start_until_its_end_where_it_holds() -> None:
    rule = made(
        items=("a",),
        starts=datetime.fromtimestamp(100, UTC),
        ends=datetime.fromtimestamp(200, UTC),
        placements=("home",),
    )

    assert [rule.runs("home", at) for at in (99.9, 100.0, 199.9, 200.0)] == [False, True, True, False]
    assert not rule.runs("also-like", 150.0)
    assert made(items=("a",)).runs("anywhere", 0.0)


def test_a_rule_is_about_its_items_in_order_or_about_what_its_filter_lets_through() -> None:
    named = made(items=("c", "ghost", "a"))

    assert named.codes(TABLE).tolist() == [2, 0]
    assert rows(named) == [0, 2]
    assert rows(made(filter={"field": "kind", "eq": "x"})) == [0, 2]


def test_a_mask_is_made_once_a_table_and_anew_for_another() -> None:
    rule = made(filter={"field": "kind", "eq": "x"})
    other = ItemTable(["z"], [Thing(id="z", kind="x")])

    assert rule.rows(TABLE, About()) is rule.rows(TABLE, About(now=NOW))
    assert rows(rule, table=other) == [0]
    assert rows(rule) == [0, 2]


def test_a_mask_that_depends_on_the_request_is_made_for_each() -> None:
    like_this = made(filter={"field": "kind", "eq": {"seed": "kind"}})
    of_late = made(filter={"field": "released", "range": [{"now": "-2d"}, None]})
    mine = made(filter={"field": "kind", "eq": {"person": "kind"}})

    assert not (like_this.fixed or of_late.fixed or mine.fixed)
    assert rows(like_this, About(np.array([1], np.int32))) == [1]
    assert rows(like_this, About(np.array([0], np.int32))) == [0, 2]
    assert rows(of_late, About(now=NOW)) == [1]
    assert rows(of_late, About(now=NOW + 500_000)) == []
    assert rows(mine, About(person={"kind": "y"})) == [1]
    assert rows(mine) == []


def test_an_audience_is_asked_of_the_person() -> None:
    rule = made(items=("a",), audience={"field": "vip", "eq": True})

    assert rule.personal and rule.needs_person
    assert rule.holds(About(person={"vip": True}))
    assert not rule.holds(About(person={"vip": False}))
    assert not rule.holds(About())


def test_where_nothing_personal_may_be_used_only_what_the_request_says_counts() -> None:
    personal = made(items=("a",), audience={"not": {"field": "vip", "eq": True}})
    of_the_moment = made(
        items=("a",),
        audience={"all": [{"field": "region", "eq": "DE"}, {"field": "context.device", "eq": "phone"}]},
    )
    phone = About(person={"region": "DE", "context.device": "phone"})

    assert personal.holds(phone)
    assert not personal.holds(phone, personalized=False)
    assert not of_the_moment.personal and not of_the_moment.needs_person
    assert of_the_moment.holds(phone, personalized=False)
    assert not of_the_moment.holds(About(person={"region": "FR"}), personalized=False)
