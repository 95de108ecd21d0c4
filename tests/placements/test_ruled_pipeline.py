"""Rules in the pipeline: what each does, what none can do, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from penchant.catalog import ItemTable
from penchant.models import State
from penchant.pack import Placement, Source
from penchant.placements import Answer, CompiledRule, Rule, Worth
from penchant.slate import Candidates

Fill = Callable[..., Answer]
Shelf = Callable[..., ItemTable]
Listing = Callable[..., Any]

A = Source(model="a")
KIND_X = {"field": "kind", "eq": "x"}


def placement(*sources: Source, **fields: Any) -> Placement:
    return Placement(name="home", about="The start.", sources=sources, **{"fallback": (), **fields})


def ids(made: Answer) -> list[str]:
    return [item.id for item in made.items]


def rule(action: Any, *items: str, **fields: Any) -> Rule:
    return Rule(action=action, items=items, **fields)


def acted(made: Answer) -> dict[str, tuple[str, ...]]:
    return {} if made.record is None else {one.id: one.items for one in made.record.rules}


# Exclude


def test_what_a_rule_excludes_is_shown_by_nobody_and_the_slate_still_fills(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    place = placement(A, fallback=("b",))
    models = {"a": listing({0: 1.0, 1: 0.9, 2: 0.8}), "b": listing({0: 1.0, 3: 0.5})}
    made = fill(place, models, make_shelf(*[{}] * 6), size=4, rules=[rule("exclude", "i0", "i4")])

    assert ids(made) == ["i1", "i2", "i3", "i5"]
    assert acted(made) == {"r0": ("i0",)}
    assert made.record is not None
    assert made.record.without == (Worth("i0", 1.0), Worth("i1", 0.9), Worth("i2", 0.8), Worth("i3", 0.0))
    assert made.record.objective == "relevant@1"


def test_a_model_is_asked_once_though_the_slate_is_made_twice(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    source = listing({0: 1.0, 1: 0.9, 2: 0.8})
    made = fill(placement(A), {"a": source}, make_shelf(*[{}] * 3), size=2, rules=[rule("exclude", "i0")])

    assert ids(made) == ["i1", "i2"]
    assert len(source.asked) == 1


def test_a_model_whose_list_is_mostly_excluded_is_asked_for_more(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    n = 300
    source = listing({code: float(n - code) for code in range(n)})
    out = rule("exclude", *(f"i{code}" for code in range(150)))
    made = fill(placement(Source(model="a", k=200)), {"a": source}, make_shelf(*[{}] * n), size=100, rules=[out])

    assert ids(made) == [f"i{code}" for code in range(150, 250)]
    assert {item.source for item in made.items} == {("a",)}
    assert len(source.asked) == 2


def test_the_best_of_what_is_left_is_the_measure_of_relevance(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(
        placement(A), {"a": listing({0: 9.0, 1: 2.0, 2: 1.0})}, make_shelf(*[{}] * 3), rules=[rule("exclude", "i0")]
    )

    assert [item.value for item in made.items] == [1.0, 0.5]


# Boost and bury


def test_a_boost_moves_items_up_and_burying_down_and_neither_changes_what_they_are_worth(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    models = {"a": listing({0: 1.0, 1: 0.8, 2: 0.6})}
    rules = [rule("boost", "i2", factor=1.5), rule("bury", "i0", factor=0.5)]
    made = fill(placement(A), models, make_shelf(*[{}] * 3), rules=rules)

    assert [(item.id, item.value) for item in made.items] == [("i2", 0.6), ("i1", 0.8), ("i0", 1.0)]
    assert [[reason.code for reason in item.reasons] for item in made.items] == [
        ["promoted", "popular"],
        ["popular"],
        ["popular"],
    ]
    assert acted(made) == {"r0": ("i2",), "r1": ("i0",)}
    assert made.record is not None and [one.id for one in made.record.without] == ["i0", "i1", "i2"]


def test_boosts_multiply_each_other(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    models = {"a": listing({0: 1.0, 1: 0.6})}
    one = [rule("boost", "i1", factor=1.5)]

    assert ids(fill(placement(A), models, make_shelf({}, {}), rules=one)) == ["i0", "i1"]
    assert ids(fill(placement(A), models, make_shelf({}, {}), rules=one * 2)) == ["i1", "i0"]


def test_below_zero_a_boost_still_lifts_and_burying_still_lowers(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    table = make_shelf({"bonus": -3.0}, {"bonus": -2.9}, {"bonus": -4.0}, {"bonus": -2.5})
    place = placement(A, objective="bonus")
    models = {"a": listing({0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0})}

    assert ids(fill(place, models, table)) == ["i3", "i1", "i0", "i2"]
    assert ids(fill(place, models, table, rules=[rule("boost", "i0", factor=2.0)])) == ["i0", "i3", "i1", "i2"]
    assert ids(fill(place, models, table, rules=[rule("bury", "i3", factor=0.5)])) == ["i1", "i0", "i3", "i2"]


def test_what_is_buried_whole_stands_last(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(
        placement(A), {"a": listing({0: 1.0, 1: 0.5})}, make_shelf({}, {}), rules=[rule("bury", "i0", factor=0.0)]
    )

    assert ids(made) == ["i1", "i0"]


def test_where_nothing_is_known_boosts_and_buries_order_the_catalog(fill: Fill, make_shelf: Shelf) -> None:
    rules = [rule("boost", "i2", factor=2.0), rule("boost", "i3", factor=3.0), rule("bury", "i0", factor=0.5)]

    assert ids(fill(placement(), {}, make_shelf(*[{}] * 4), known=0, rules=rules)) == ["i3", "i2", "i1", "i0"]


def test_boosts_move_what_a_fallback_proposes(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    place = placement(fallback=("b",))
    models = {"b": listing({0: 1.0, 1: 0.9, 2: 0.8})}

    assert ids(fill(place, models, make_shelf(*[{}] * 3), size=1, rules=[rule("boost", "i2", factor=2.0)])) == ["i2"]


# Pin


def test_a_pin_stands_at_its_place_though_nobody_proposed_it(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    models = {"a": listing({0: 1.0, 1: 0.8, 2: 0.6})}
    made = fill(placement(A), models, make_shelf(*[{}] * 5), size=4, rules=[rule("pin", "i4", "i1", position=2)])

    assert ids(made) == ["i0", "i4", "i1", "i2"]
    assert [item.source for item in made.items] == [("a",), ("rule",), ("a", "rule"), ("a",)]
    assert [reason.code for reason in made.items[1].reasons] == ["chosen"]
    assert made.items[1].reasons[0].text == "chosen by the editors"
    assert acted(made) == {"r0": ("i4", "i1")}
    assert made.record is not None and [one.id for one in made.record.without] == ["i0", "i1", "i2", "i3"]


def test_a_pinned_item_has_the_value_its_features_give(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    table = make_shelf({}, {"bonus": 0.25})
    made = fill(placement(A, objective="bonus"), {"a": listing({0: 1.0})}, table, rules=[rule("pin", "i1")])

    assert [(item.id, item.value) for item in made.items] == [("i1", 0.25), ("i0", 1.0)]


def test_what_is_pinned_beyond_the_slate_is_not_shown_in_another_place(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    table = make_shelf({}, {}, {"bonus": 9.0})
    place = placement(A, objective="bonus")

    assert ids(fill(place, {"a": listing({0: 1.0, 1: 0.5})}, table, size=2, rules=[rule("pin", "i2", position=3)])) == [
        "i0",
        "i1",
    ]


@pytest.mark.parametrize("without", [{"stock": 0}, {"active": False}, None])
def test_no_pin_passes_a_hard_constraint(fill: Fill, make_shelf: Shelf, without: Any) -> None:
    place = placement(constraints=("in-stock",))

    assert ids(fill(place, {}, make_shelf(without, {}, {}), rules=[rule("pin", "i0", "i2")])) == ["i2", "i1"]


def test_no_pin_passes_exclusions_seeds_or_what_was_bought(fill: Fill, make_shelf: Shelf) -> None:
    place = placement(constraints=("not-bought",))
    rules = [rule("pin", "i0", "i1", "i2", "i3", "i4"), rule("exclude", "i3")]

    assert ids(fill(place, {}, make_shelf(*[{}] * 5), seeds=[0], without=[1], history=[2], rules=rules)) == ["i4"]


def test_the_pin_of_higher_priority_has_the_place_and_of_equal_ones_the_first(fill: Fill, make_shelf: Shelf) -> None:
    rules = [rule("pin", "i1"), rule("pin", "i2"), rule("pin", "i3", priority=1)]

    assert ids(fill(placement(), {}, make_shelf(*[{}] * 4), rules=rules)) == ["i3", "i1", "i2", "i0"]


def test_a_pin_by_filter_is_found_though_nobody_proposed_it(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    table = make_shelf({}, {"kind": "x"}, {"kind": "x"}, {"kind": "x"})
    models = {"a": listing({0: 1.0}), "b": listing({2: 1.0, 1: 0.5})}
    place = placement(A, fallback=("b",))
    pinned = Rule(action="pin", filter=KIND_X, most=2)

    made = fill(place, models, table, rules=[pinned], size=3)
    assert set(ids(made)[:2]) == {"i1", "i2"}
    assert ids(made)[2] == "i0"
    assert {item.source for item in made.items[:2]} == {("rule",)}


def test_two_pins_by_one_filter_take_different_items(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "x"}, {"kind": "x"}, {}, {})
    rules = [rule("pin", "i0", position=3), *[Rule(action="pin", filter=KIND_X, position=p) for p in (1, 2)]]
    made = fill(placement(A), {"a": listing({0: 1.0, 3: 0.5})}, table, rules=rules)

    assert set(ids(made)[:2]) == {"i1", "i2"}
    assert ids(made)[2] == "i0"


# Quota


def test_a_quota_gets_its_least_though_nobody_proposed_it(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    table = make_shelf({}, {}, {"kind": "x"}, {"kind": "x"}, {})
    quota = Rule(action="quota", filter=KIND_X, least=1)
    made = fill(placement(A), {"a": listing({0: 1.0, 1: 0.5, 4: 0.4})}, table, size=3, rules=[quota])

    assert ids(made) == ["i0", "i1", "i2"]
    assert made.items[2].source == ("rule",)
    assert acted(made) == {"r0": ("i2",)}


def test_the_most_of_a_quota_binds_the_fallback_and_the_catalog_too(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "x"}, {"kind": "x"}, {}, {"kind": "x"})
    quota = Rule(action="quota", filter=KIND_X, most=1)
    models = {"a": listing({0: 1.0, 1: 0.5}), "b": listing({2: 1.0})}

    assert ids(fill(placement(A, fallback=("b",)), models, table, rules=[quota])) == ["i0", "i3"]
    assert ids(fill(placement(), {}, table, known=0, rules=[quota])) == ["i0", "i3"]


def test_a_most_of_nothing_shows_nothing_of_it(fill: Fill, make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "x"}, {})

    assert ids(fill(placement(), {}, table, rules=[Rule(action="quota", filter=KIND_X, most=0)])) == ["i1"]


# When, where, for whom


def test_a_rule_for_an_audience_holds_for_it_alone(fill: Fill, make_shelf: Shelf) -> None:
    rules = [rule("pin", "i1", audience={"field": "vip", "eq": True})]
    table = make_shelf({}, {})

    assert ids(fill(placement(), {}, table, rules=rules, person={"vip": True})) == ["i1", "i0"]
    assert ids(fill(placement(), {}, table, rules=rules, person={"vip": False})) == ["i0", "i1"]
    assert ids(fill(placement(), {}, table, rules=rules)) == ["i0", "i1"]
    assert ids(fill(placement(), {}, table, rules=rules, person={"vip": True}, personalized=False)) == ["i0", "i1"]


def test_a_rule_may_be_about_what_goes_with_the_seeds(fill: Fill, make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "y"}, {"kind": "x"})
    rules = [Rule(action="exclude", filter={"field": "kind", "eq": {"seed": "kind"}})]

    assert ids(fill(placement(), {}, table, rules=rules, seeds=[0])) == ["i1"]
    assert ids(fill(placement(), {}, table, rules=rules)) == ["i0", "i1", "i2"]


class Torn(CompiledRule):
    """Cannot be asked."""

    def rows(self, table: Any, about: Any) -> Any:
        raise KeyError("price")


def test_a_rule_that_cannot_be_asked_is_named_and_the_answer_stands(
    fill: Fill, make_shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CompiledRule, "rows", Torn.rows)
    made = fill(placement(), {}, make_shelf({}), rules=[rule("exclude", "i0")])

    assert ids(made) == ["i0"]
    assert made.degraded == ("rule:r0: KeyError: 'price'",)


def test_rules_that_touch_nothing_leave_no_record(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    table = make_shelf({}, {}, {"stock": 0})
    rules = [
        rule("boost", "i2", factor=2.0),
        rule("exclude", "i2", "ghost"),
        rule("pin", "i2"),
        Rule(action="quota", filter=KIND_X, least=2),
        rule("list", "i0"),
        rule("set", "i0", "i1"),
    ]
    made = fill(placement(A, constraints=("in-stock",)), {"a": listing({0: 1.0, 1: 0.5})}, table, rules=rules)

    assert ids(made) == ["i0", "i1"]
    assert made.record is None


def test_with_or_without_rules_that_touch_nothing_an_answer_is_the_same(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    place, table = (
        placement(A, Source(model="b", slots=1), caps={"kind": 1}),
        make_shelf({"kind": "x"}, {"kind": "x"}, {}, {}),
    )
    models = {"a": listing({0: 1.0, 1: 0.7}), "b": listing({2: 0.3})}

    plain = fill(place, models, table)
    assert fill(place, models, table, rules=[rule("exclude", "ghost"), rule("boost", "ghost", factor=2.0)]) == plain


# Models that take in later items


@dataclass
class Extending:
    """Knows items that came after the release, up to `n_items`."""

    n_items: int
    masks: list[int] = field(default_factory=list)

    def extended(self, codes: Any, told: Any, n_items: int) -> Self:
        raise AssertionError("not asked")

    def retrieve(self, queries: Any, k: int, allowed: Any = None) -> Candidates:
        self.masks.append(len(allowed))
        return Candidates.from_rows([self._last(allowed)])

    def similar(self, items: Any, k: int, allowed: Any = None) -> Candidates:
        self.masks.append(len(allowed))
        return Candidates.from_rows([self._last(allowed) for _ in items])

    def state(self) -> State:
        return State({})

    @classmethod
    def restore(cls, state: State) -> Self:
        raise AssertionError("never asked")

    def _last(self, allowed: Any) -> tuple[Any, Any]:
        codes = np.flatnonzero(allowed)[::-1][:1].astype(np.int32)
        return codes, np.ones(len(codes), np.float32)


def test_a_model_that_takes_in_later_items_proposes_them(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    later = Extending(4)
    place = placement(A, Source(model="b", reads="both"))
    made = fill(place, {"a": listing({0: 1.0}), "b": later}, make_shelf(*[{}] * 5), seeds=[1], known=2, size=2)

    assert [(item.id, item.source) for item in made.items] == [("i0", ("a",)), ("i3", ("b",))]
    assert later.masks == [4, 4]


def test_as_a_fallback_too(fill: Fill, make_shelf: Shelf) -> None:
    later = Extending(4)
    made = fill(placement(fallback=("b",)), {"b": later}, make_shelf(*[{}] * 5), known=2, size=1)

    assert [(item.id, item.source) for item in made.items] == [("i3", ("b",))]


# A property: whatever rules there are, the answer is sound.

FLAGS = st.fixed_dictionaries(
    {"stock": st.integers(0, 1), "active": st.booleans(), "kind": st.sampled_from([None, "x", "y"])}
)
FILTERS = st.sampled_from(
    [KIND_X, {"not": KIND_X}, {"field": "kind", "eq": {"seed": "kind"}}, {"field": "stock", "eq": 1}]
)


@st.composite
def rules_of(draw: Any, n: int) -> Rule:
    """Any sound rule on things i0 to i(n-1), and one that is not there."""
    action = draw(st.sampled_from(["pin", "boost", "bury", "exclude", "quota", "list", "set"]))
    least = 2 if action == "set" else 1
    names = st.lists(st.sampled_from([f"i{c}" for c in range(n + 1)]), unique=True, min_size=least, max_size=n + 1)
    filtered = action not in ("list", "set") and draw(st.booleans())
    fields: dict[str, Any] = {"filter": draw(FILTERS)} if filtered else {"items": tuple(draw(names))}
    if action == "pin":
        fields["position"] = draw(st.none() | st.integers(1, 6))
        if filtered:
            fields["most"] = draw(st.none() | st.integers(1, 3))
    if action in ("boost", "bury"):
        fields["factor"] = draw(st.sampled_from([1.5, 9.0] if action == "boost" else [0.0, 0.5]))
    if action == "quota":
        fields["least"] = draw(st.integers(1, 3))
        fields["most"] = draw(st.none() | st.integers(3, 4))
    if draw(st.booleans()):
        fields["audience"] = {"field": "vip", "eq": draw(st.booleans())}
    return Rule(action=action, priority=draw(st.integers(-1, 1)), **fields)


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_whatever_rules_there_are_constraints_hold_nothing_is_twice_and_pins_have_their_places(
    data: DataObject, fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    things = data.draw(st.lists(st.one_of(st.none(), FLAGS), min_size=1, max_size=8), label="things")
    n = len(things)
    rules = data.draw(st.lists(rules_of(n), max_size=5), label="rules")
    proposals = st.dictionaries(st.integers(0, n - 1), st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=n)
    models = {name: listing(data.draw(proposals), obeys=False) for name in ("a", "b")}
    cap = data.draw(st.integers(0, 2), label="cap")
    place = placement(
        A,
        Source(model="b", reads="seeds", slots=data.draw(st.integers(0, 1))),
        Source(model="editorial", first=data.draw(st.booleans()), slots=1),
        Source(model="curated", reads="seeds", shares="sets", first=True),
        constraints=("in-stock", "not-bought"),
        fallback=("b",),
        caps={"kind": cap} if cap else {},
    )
    history = data.draw(st.lists(st.integers(0, n - 1), max_size=2), label="history")
    seeds = data.draw(st.lists(st.integers(-1, n), max_size=2), label="seeds")
    without = data.draw(st.lists(st.integers(0, n - 1), max_size=2), label="without")
    size = data.draw(st.integers(1, 10), label="size")
    person = data.draw(st.sampled_from([{}, {"vip": True}]), label="person")
    personalized = data.draw(st.booleans(), label="personalized")

    made = fill(
        place,
        models,
        make_shelf(*things),
        size=size,
        history=history,
        seeds=seeds,
        without=without,
        known=data.draw(st.integers(0, n), label="known"),
        personalized=personalized,
        rules=rules,
        person=person,
    )
    codes = [int(item.id[1:]) for item in made.items]
    kinds = [None if thing is None else thing["kind"] for thing in things]
    asked = {kinds[s] for s in seeds if 0 <= s < n} - {None}

    def holds(rule: Rule) -> bool:
        return rule.audience is None or (personalized and person.get("vip") is rule.audience["eq"])

    def about(rule: Rule, code: int) -> bool:
        if rule.filter is None:
            return f"i{code}" in rule.items
        if rule.filter == KIND_X:
            return kinds[code] == "x"
        if "not" in rule.filter:
            return kinds[code] != "x"
        if rule.filter["field"] == "stock":
            return things[code] is not None and things[code]["stock"] == 1
        return kinds[code] in asked

    held = [(name, rule) for name, rule in enumerate(rules) if holds(rule)]
    barred = {*history, *seeds, *without}
    allowed = [i for i, t in enumerate(things) if t and t["stock"] and t["active"] and i not in barred]
    out = [rule for _, rule in held if rule.action == "exclude"]
    shown = [i for i in allowed if not any(about(rule, i) for rule in out)]

    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(shown)
    assert [item.position for item in made.items] == list(range(1, len(codes) + 1))
    assert not any(note.startswith("rule:") for note in made.degraded)
    quotas = [rule for _, rule in held if rule.action == "quota"]
    pins = [rule for _, rule in held if rule.action == "pin"]
    if not cap and not any(rule.most is not None for rule in quotas):
        assert len(codes) == min(size, len(shown))
    if not pins:
        for rule in quotas:
            assert rule.most is None or sum(about(rule, code) for code in codes) <= rule.most
        if cap:
            assert all(sum(kinds[c] == kind for c in codes) <= cap for kind in ("x", "y"))
    # The least of the first quota, unless caps or another quota's most stand against it.
    ranked = sorted(
        ((rule, n_) for n_, rule in held if rule.action == "quota"), key=lambda p: (-p[0].priority, f"r{p[1]}")
    )
    if ranked and not cap and not pins and all(rule.most is None for rule in quotas):
        first = ranked[0][0]
        can = sum(about(first, i) for i in shown)
        assert sum(about(first, code) for code in codes) >= min(first.least or 0, size, can)
    # The pins that come first have exactly the places they ask for, where the slate is long enough.
    first_pins = sorted(
        ((rule, n_) for n_, rule in held if rule.action == "pin"), key=lambda p: (-p[0].priority, f"r{p[1]}")
    )
    if first_pins and first_pins[0][0].filter is None:
        top = first_pins[0][0]
        wanted = [int(name[1:]) for name in top.items if int(name[1:]) in shown]
        for offset, code in enumerate(wanted):
            place_ = (top.position or 1) - 1 + offset
            if place_ < len(codes):
                assert codes[place_] == code
    # What is kept of it can be read back, and names nothing that was not there.
    if made.record is not None:
        again = msgspec.json.decode(msgspec.json.encode(made.record), type=type(made.record))
        assert again == made.record
        assert {one.id for one in made.record.without} <= {f"i{i}" for i in allowed}
        assert all(one.items for one in made.record.rules)


def test_a_rule_runs_by_the_moment_of_the_request(make_shelf: Shelf) -> None:
    later = datetime.fromtimestamp(101, UTC)
    schema = make_shelf({}).schema

    assert not CompiledRule.of("r", 1, rule("exclude", "i0", starts=later), schema).runs("home", 100.0)
