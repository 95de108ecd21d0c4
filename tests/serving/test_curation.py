from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from penchant.catalog import ItemTable, Schema
from penchant.clock import FixedClock
from penchant.errors import Conflict, InvalidRequest, NotFound
from penchant.packs.product import Product
from penchant.placements import Rule
from penchant.serving import Curation, KeptRule
from penchant.storage import SQLiteStore

NOON = 1_795_262_400.0
ALTO = {"field": "brand", "eq": "Alto"}


@dataclass(frozen=True)
class Shop:
    """A domain, as far as rules go."""

    schema: Schema = field(default_factory=lambda: Schema.of(Product))
    placements: Collection[str] = ("home", "also-like")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def curation(store: SQLiteStore, clock: FixedClock) -> Curation:
    numbers = count(1)
    return Curation(store, {"shop": Shop(), "books": Shop()}, clock, lambda: f"rule-{next(numbers)}")


@pytest.fixture
def second(store: SQLiteStore, tmp_path: Path, clock: FixedClock) -> Iterator[Curation]:
    """Somebody else on the same store."""
    other = SQLiteStore(Path(store.path))
    yield Curation(other, {"shop": Shop()}, clock)
    other.close()


def boost(factor: float = 1.5, **fields: Any) -> Rule:
    return Rule(action="boost", filter=ALTO, factor=factor, **fields)


def test_a_rule_is_kept_with_an_id_a_revision_when_and_by_whom(curation: Curation) -> None:
    made = curation.put("shop", boost(name="Alto weeks"), by="key-1")

    assert made == KeptRule(
        id="rule-1",
        revision=1,
        at="2026-11-21T12:00:00Z",
        by="key-1",
        state="running",
        rule=boost(name="Alto weeks"),
    )
    assert curation.get("shop", "rule-1") == made
    assert list(curation.list("shop")) == [made]
    assert list(curation.list("books")) == []


def test_ids_that_are_made_differ(store: SQLiteStore, clock: FixedClock) -> None:
    curation = Curation(store, {"shop": Shop()}, clock)
    made = {curation.put("shop", boost(), by="cli").id for _ in range(20)}

    assert len(made) == 20
    assert all(len(name) == 12 for name in made)


def test_rules_stand_by_priority_then_by_id(curation: Curation) -> None:
    for name, priority in (("b", 0), ("a", 0), ("z", 3)):
        curation.put("shop", boost(priority=priority), id=name, by="cli")

    assert [one.id for one in curation.list("shop")] == ["z", "a", "b"]


def test_every_revision_stays_also_when_the_rule_is_taken_out(curation: Curation, clock: FixedClock) -> None:
    curation.put("shop", boost(1.5), id="alto", by="ann")
    clock.advance(60)
    curation.put("shop", boost(2.0), id="alto", by="bob")
    clock.advance(60)
    gone = curation.remove("shop", "alto", by="cli")

    assert (gone.revision, gone.state, gone.rule) == (3, "removed", None)
    told = [
        (one.revision, one.by, one.at[11:19], one.rule and one.rule.factor) for one in curation.history("shop", "alto")
    ]
    assert told == [(3, "cli", "12:02:00", None), (2, "bob", "12:01:00", 2.0), (1, "ann", "12:00:00", 1.5)]
    assert list(curation.history("shop")) == list(curation.history("shop", "alto"))
    assert list(curation.list("shop")) == []
    with pytest.raises(NotFound, match='no rule "alto"'):
        curation.get("shop", "alto")
    assert curation.put("shop", boost(), id="alto", by="ann", revision=0).revision == 4


def test_of_two_changes_of_one_revision_the_second_is_refused(curation: Curation, second: Curation) -> None:
    seen = curation.put("shop", boost(), id="alto", by="ann")
    second.put("shop", boost(2.0), id="alto", by="bob", revision=seen.revision)

    with pytest.raises(Conflict, match='rule "alto" was changed meanwhile: it is at revision 2 by now') as caught:
        curation.put("shop", boost(3.0), id="alto", by="ann", revision=seen.revision)
    assert caught.value.field == "revision"
    with pytest.raises(Conflict, match="at revision 2"):
        curation.remove("shop", "alto", by="ann", revision=seen.revision)
    with pytest.raises(Conflict):
        curation.put("shop", boost(), id="alto", by="ann", revision=0)
    kept = curation.get("shop", "alto")
    assert kept.rule is not None and (kept.rule.factor, kept.by) == (2.0, "bob")

    second.remove("shop", "alto", by="bob", revision=2)
    with pytest.raises(Conflict, match="it is not there any more"):
        curation.put("shop", boost(3.0), id="alto", by="ann", revision=2)


def test_without_a_revision_the_last_word_counts(curation: Curation) -> None:
    curation.put("shop", boost(), id="alto", by="ann")

    assert curation.put("shop", boost(2.0), id="alto", by="bob").revision == 2


def test_a_rule_waits_runs_and_ends(curation: Curation, clock: FixedClock) -> None:
    def at(minutes: float) -> datetime:
        return datetime.fromtimestamp(NOON + 60 * minutes, UTC)

    curation.put("shop", boost(starts=at(1), ends=at(2)), id="alto", by="ann")
    states = []
    for _ in range(3):
        states.append(curation.get("shop", "alto").state)
        clock.advance(60)

    assert states == ["waiting", "running", "ended"]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "-a", "ä", "x" * 101, "check", "a\n"])
def test_an_id_can_stand_in_an_address(curation: Curation, name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        curation.put("shop", boost(), id=name, by="ann")

    assert caught.value.field == "id"
    assert list(curation.history("shop")) == []


def test_a_rule_that_cannot_be_obeyed_is_not_kept(curation: Curation) -> None:
    with pytest.raises(InvalidRequest) as caught:
        curation.put("shop", boost(placements=("hme",)), by="ann")

    assert caught.value.field == "placements[0]"
    assert list(curation.history("shop")) == []


@pytest.mark.parametrize("call", ["list", "history"])
def test_a_domain_that_is_not_there_is_named(curation: Curation, call: str) -> None:
    with pytest.raises(NotFound, match='no domain "shp"; did you mean "shop"'):
        getattr(curation, call)("shp")
    with pytest.raises(NotFound):
        curation.put("shp", boost(), by="ann")


def test_what_is_not_there_is_not_taken_out_and_has_no_history(curation: Curation) -> None:
    with pytest.raises(NotFound):
        curation.remove("shop", "alto", by="ann")
    with pytest.raises(NotFound):
        curation.history("shop", "alto")


def test_a_rule_that_no_longer_fits_is_shown_with_what_is_wrong(store: SQLiteStore, clock: FixedClock) -> None:
    with_season = Curation(store, {"shop": _domain({"season": "text"})}, clock)
    with_season.put(
        "shop", Rule(action="exclude", filter={"field": "attributes.season", "eq": "winter"}), id="a", by="x"
    )
    store.put_rule("shop", "b", b'{"action":"dance"}', at=0, by="x")
    without = Curation(store, {"shop": Shop()}, clock)

    season, dance = without.list("shop")
    assert season.problem.startswith("filter.field: ") and season.rule is not None
    assert dance.problem.startswith("cannot be read by this version (") and dance.rule is None
    assert not with_season.get("shop", "a").problem


def _domain(free: Any) -> Shop:
    return Shop(Schema.of(Product, free))


GOODS = (
    Product(id="runner", brand="Alto", price=90.0),
    Product(id="racer", brand="Alto", price=110.0, active=False),
    Product(id="boot", brand="Brio", price=190.0),
)
TABLE = ItemTable([*(item.id for item in GOODS), "gone"], [*GOODS, None])


@pytest.mark.parametrize(
    ("rule", "items", "active", "unknown"),
    [
        (boost(), 2, 1, ()),
        (Rule(action="list", items=("boot", "gone", "ghost")), 1, 1, ("gone", "ghost")),
        (Rule(action="exclude", filter={"field": "price", "near": {"seed": "price"}, "within": 0.2}), None, None, ()),
        (Rule(action="exclude", filter={"not": ALTO}), 1, 1, ()),
    ],
)
def test_checking_tells_what_a_rule_is_about_and_keeps_nothing(
    curation: Curation, rule: Rule, items: int | None, active: int | None, unknown: tuple[str, ...]
) -> None:
    told = curation.check("shop", rule, TABLE)

    assert (told.items, told.active, told.unknown) == (items, active, unknown)
    assert list(curation.history("shop")) == []


def test_checking_refuses_what_putting_would(curation: Curation) -> None:
    with pytest.raises(InvalidRequest, match="factor"):
        curation.check("shop", boost(0.5), TABLE)
