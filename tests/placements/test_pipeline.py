from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from penchant.catalog import ItemTable
from penchant.pack import Placement, Source
from penchant.placements import Answer, Rule

Fill = Callable[..., Answer]
Shelf = Callable[..., ItemTable]
Listing = Callable[..., Any]


def placement(*sources: Source, **fields: Any) -> Placement:
    given_ = {"fallback": (), **fields}
    return Placement(name="home", about="The start.", sources=sources, **given_)


def ids(made: Answer) -> list[str]:
    return [item.id for item in made.items]


A = Source(model="a")


def test_candidates_stand_by_value_and_are_numbered(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(placement(A), {"a": listing({2: 0.5, 0: 1.0, 1: 0.25})}, make_shelf({}, {}, {}))

    assert [(item.id, item.position, item.value, item.source) for item in made.items] == [
        ("i0", 1, 1.0, ("a",)),
        ("i2", 2, 0.5, ("a",)),
        ("i1", 3, 0.25, ("a",)),
    ]
    assert made.degraded == ()


def test_the_objective_ranks(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    table = make_shelf({}, {"bonus": 0.9})
    models = {"a": listing({0: 1.0, 1: 0.5})}

    assert ids(fill(placement(A), models, table)) == ["i0", "i1"]
    assert ids(fill(placement(A, objective="bonus"), models, table)) == ["i1", "i0"]


def test_no_more_than_wanted(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(placement(A), {"a": listing({0: 1.0, 1: 0.5})}, make_shelf({}, {}, {}), size=1)

    assert ids(made) == ["i0"]


# Constraints


STAGES = {
    "a source": (placement(A), ["a"]),
    "a source of seeds": (placement(Source(model="a", reads="seeds")), ["a"]),
    "a slot": (placement(Source(model="a", slots=2), Source(model="b")), ["a", "b"]),
    "a fallback": (placement(fallback=("a",)), ["a"]),
    "the catalog": (placement(), []),
}


@pytest.mark.parametrize("obeys", [True, False])
@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_passes_a_constraint(fill: Fill, make_shelf: Shelf, listing: Listing, stage: str, obeys: bool) -> None:
    place, names = STAGES[stage]
    place = Placement(
        name="p", about="P.", sources=place.sources, fallback=place.fallback, constraints=("in-stock", "not-bought")
    )
    table = make_shelf({"stock": 0}, {}, {"active": False}, None, {}, {}, {})
    models = {name: listing({code: 9.0 - code for code in range(7)}, obeys=obeys) for name in names}

    # i0 is sold out, i2 switched off, i3 gone, i4 bought, i5 excluded, i6 what the request is about.
    assert ids(fill(place, models, table, history=[4], seeds=[6], without=[5])) == ["i1"]


@pytest.mark.parametrize(("name", "text"), [("broken", "LookupError: no rights on file"), ("crooked", "ValueError: ")])
def test_a_rule_that_cannot_be_checked_lets_nothing_pass(
    fill: Fill, make_shelf: Shelf, listing: Listing, name: str, text: str
) -> None:
    place = placement(A, constraints=(name,), fallback=("a",))
    made = fill(place, {"a": listing({0: 1.0}, obeys=False)}, make_shelf({}, {}))

    assert made.items == ()
    assert len(made.degraded) == 1
    assert made.degraded[0].startswith(f"constraint:{name}: {text}")


def test_a_rule_the_placement_does_not_name_does_not_hold(fill: Fill, make_shelf: Shelf) -> None:
    assert ids(fill(placement(), {}, make_shelf({"stock": 0}))) == ["i0"]


# What does not work is named, and the slate fills


def test_what_is_not_filled_up_shows_what_its_sources_have_and_no_more(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    models = {"a": listing({1: 1.0}), "b": listing({2: 1.0}), "c": listing({}, error=ZeroDivisionError("no people"))}
    table = make_shelf({}, {}, {}, {})

    assert ids(fill(placement(A, fallback=("b",)), models, table)) == ["i1", "i2", "i0", "i3"]
    assert ids(fill(placement(A, fallback=("b",), fills=False), models, table)) == ["i1"]
    broken = fill(placement(Source(model="c"), fallback=("b",), fills=False), models, table)
    assert (ids(broken), broken.degraded) == ([], ("source:c: ZeroDivisionError: no people",))


def test_rules_put_items_where_nothing_is_filled_up(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    place = placement(A, fallback=("b",), fills=False, size=3)
    models = {"a": listing({1: 1.0}), "b": listing({2: 1.0, 3: 0.5})}
    table = make_shelf({}, {}, {}, {"kind": "new"})
    quota = Rule(placements=("home",), action="quota", filter={"field": "kind", "eq": "new"}, least=1)
    pin = Rule(placements=("home",), action="pin", items=("i0",), position=1)

    assert ids(fill(place, models, table, rules=[pin, quota])) == ["i0", "i1", "i3"]


def test_a_source_that_raises_is_named_and_the_others_answer(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    models = {"a": listing({}, error=ZeroDivisionError("no people")), "b": listing({1: 1.0})}
    made = fill(placement(A, Source(model="b")), models, make_shelf({}, {}))

    assert ids(made) == ["i1", "i0"]
    assert made.degraded == ("source:a: ZeroDivisionError: no people",)


def test_a_source_the_release_does_not_have_is_named(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(placement(A, Source(model="b")), {"b": listing({1: 1.0})}, make_shelf({}, {}))

    assert ids(made) == ["i1", "i0"]
    assert made.degraded == ("source:a: not in this release",)


def test_without_a_release_the_catalog_answers_and_no_source_is_blamed(fill: Fill, make_shelf: Shelf) -> None:
    made = fill(placement(A), {}, make_shelf({}, {}))

    assert ids(made) == ["i0", "i1"]
    assert made.degraded == ()


@dataclass
class OnlySimilar:
    """Cannot retrieve for people."""

    def similar(self, items: Any, k: int, allowed: Any = None) -> Any:
        raise AssertionError("not asked")


def test_a_source_that_cannot_do_what_it_is_asked_is_named(fill: Fill, make_shelf: Shelf) -> None:
    made = fill(placement(A, fallback=("a",)), {"a": OnlySimilar()}, make_shelf({}))

    assert ids(made) == ["i0"]
    assert made.degraded == ("source:a: TypeError: cannot retrieve for people",)


@pytest.mark.parametrize("codes", [{5: 1.0}, {-1: 1.0}])
def test_a_source_that_proposes_what_is_not_there_is_named(
    fill: Fill, make_shelf: Shelf, listing: Listing, codes: dict[int, float]
) -> None:
    models = {"a": listing(codes, obeys=False)}
    made = fill(placement(A, fallback=("a",)), models, make_shelf({}, {}))

    assert ids(made) == ["i0", "i1"]
    assert made.degraded == ("source:a: ValueError: proposed items that the release does not have",)
    assert {item.source for item in made.items} == {("catalog",)}


def test_a_feature_that_raises_is_named_and_adds_nothing(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(placement(A, objective="fails"), {"a": listing({1: 1.0})}, make_shelf({}, {}))

    assert ids(made) == ["i1", "i0"]
    assert made.degraded == ("feature:fails: KeyError: 'price'",)


def test_fallbacks_answer_in_turn_and_the_catalog_last(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    place = placement(A, fallback=("b", "missing", "c"))
    models = {
        "a": listing({3: 1.0}),
        "b": listing({}, error=OSError("gone")),
        "c": listing({3: 2.0, 2: 1.0}),
    }
    made = fill(place, models, make_shelf({}, {}, {}, {}))

    assert [(item.id, item.source) for item in made.items] == [
        ("i3", ("a",)),
        ("i2", ("c",)),
        ("i0", ("catalog",)),
        ("i1", ("catalog",)),
    ]
    assert made.degraded == ("fallback:b: OSError: gone",)


def test_fallbacks_are_not_asked_when_the_slate_is_full(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    spare = listing({1: 1.0})
    fill(placement(A, fallback=("b",)), {"a": listing({0: 1.0}), "b": spare}, make_shelf({}, {}), size=1)

    assert spare.asked == []


def test_a_fallback_is_asked_for_what_may_be_shown(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    place = placement(fallback=("a",), constraints=("in-stock",))
    made = fill(place, {"a": listing({3: 3.0, 2: 2.0, 1: 1.0})}, make_shelf({}, {}, {"stock": 0}, {"stock": 0}), size=1)

    # Its two best are sold out; its third comes before the catalog's first.
    assert ids(made) == ["i1"]


def test_without_any_model_the_catalog_answers(fill: Fill, make_shelf: Shelf) -> None:
    made = fill(placement(), {}, make_shelf({}, {"active": False}, {}), known=0)

    assert ids(made) == ["i0", "i2"]
    assert made.degraded == ()


def test_items_that_came_after_the_release_are_shown_by_the_catalog(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    made = fill(placement(A), {"a": listing({0: 1.0})}, make_shelf({}, {}, {}), known=1)

    assert [(item.id, item.source) for item in made.items] == [
        ("i0", ("a",)),
        ("i1", ("catalog",)),
        ("i2", ("catalog",)),
    ]


@dataclass
class Ticking:
    """A clock on which every look takes ten milliseconds."""

    at: float = 0.0

    def now(self) -> float:
        return self.at

    def elapsed(self) -> float:
        self.at += 0.010
        return self.at


def test_a_source_past_the_time_budget_is_skipped_and_named(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    late = listing({1: 1.0})
    place = placement(A, Source(model="b"), Source(model="c"), budget_ms=15, fallback=("d",))
    models = {"a": listing({0: 1.0}), "b": late, "c": late, "d": listing({2: 1.0})}
    made = fill(place, models, make_shelf({}, {}, {}), clock=Ticking(), size=2)

    assert made.degraded == ("late:b", "late:c", "late:heads")
    assert late.asked == []
    assert ids(made) == ["i0", "i2"]


# Caps, slots, what differs


def test_a_cap_holds_in_ranking_fallback_and_catalog(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "x"}, {"kind": "x"}, {"kind": "y"}, {}, {}, {"kind": "y"})
    place = placement(A, caps={"kind": 1}, fallback=("b",))
    models = {"a": listing({0: 1.0, 1: 0.9, 4: 0.1}), "b": listing({2: 1.0, 3: 0.5})}

    # Things of no kind are not counted.
    assert ids(fill(place, models, table)) == ["i0", "i4", "i3", "i5"]


def test_a_slot_keeps_places_for_a_sources_own_best(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    models = {"a": listing({0: 1.0, 1: 0.9, 2: 0.8}), "b": listing({3: 1.0, 4: 0.9})}
    b = Source(model="b", weight=0.1)
    table = make_shelf(*[{}] * 5)

    assert ids(fill(placement(A, b), models, table, size=3)) == ["i0", "i1", "i2"]
    slotted = placement(A, Source(model="b", weight=0.1, slots=1))
    assert ids(fill(slotted, models, table, size=3)) == ["i0", "i1", "i3"]


def test_a_source_may_have_to_differ_from_what_the_request_is_about(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    table = make_shelf({"kind": "shoe"}, {"kind": "shoe"}, {"kind": "sock"}, {})
    place = placement(Source(model="a", differs="kind"))
    models = {"a": listing({1: 1.0, 2: 0.5, 3: 0.25})}

    assert [i.id for i in fill(place, models, table, seeds=[0]).items if i.source == ("a",)] == ["i2", "i3"]
    # Without seeds, from the person's latest items.
    assert [i.id for i in fill(place, models, table, history=[0]).items if i.source == ("a",)] == ["i2", "i3"]
    assert [i.id for i in fill(place, models, table).items if i.source == ("a",)] == ["i1", "i2", "i3"]
    # What has no kind is like nothing, its like included.
    table = make_shelf({}, {}, {"kind": "sock"}, {"kind": "shoe"})
    assert [i.id for i in fill(place, models, table, seeds=[0]).items if i.source == ("a",)] == ["i1", "i2", "i3"]


# Persons


def test_what_a_request_is_about_is_never_recommended(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(placement(A), {"a": listing({0: 1.0, 1: 0.5}, obeys=False)}, make_shelf({}, {}, {}), seeds=[0, -1, 99])

    assert ids(made) == ["i1", "i2"]


def test_without_personalization_history_is_not_read_but_rules_hold(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    source, spare = listing({0: 1.0, 1: 0.5}), listing({2: 1.0})
    place = placement(A, constraints=("not-bought",), fallback=("b",))
    table = make_shelf({}, {}, {})
    made = fill(place, {"a": source, "b": spare}, table, history=[1], seeds=[2], personalized=False)

    assert ids(made) == ["i0"]
    assert [len(queries.items) for queries in (*source.asked, *spare.asked)] == [0, 0]
    assert source.asked[0].seeds.tolist() == [2]


def test_with_personalization_history_is_read(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    source = listing({0: 1.0})
    fill(placement(A), {"a": source}, make_shelf({}, {}), history=[1])

    assert source.asked[0].items.tolist() == [1]


def test_reasons_come_from_what_moved_an_item_up(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    place = placement(
        Source(model="a", reason=("alike", "like it")),
        Source(model="b", weight=0.25, reason=("taste", "your taste")),
        objective="bonus",
        fallback=("popular",),
    )
    models = {"a": listing({0: 1.0, 1: 0.5}), "b": listing({0: 0.5}), "popular": listing({2: 1.0})}
    made = fill(place, models, make_shelf({"bonus": 0.3}, {}, {}, {}))
    codes = {item.id: [reason.code for reason in item.reasons] for item in made.items}

    # i0: 0.8 by a, a bonus of 0.3, 0.2 by b; i2 by a fallback; i3 by nothing but being there.
    assert codes == {"i0": ["alike", "bonus", "taste"], "i1": ["alike"], "i2": ["popular"], "i3": []}


# A property: whatever the parts do, the answer is sound.

FLAGS = st.fixed_dictionaries(
    {"stock": st.integers(0, 1), "active": st.booleans(), "kind": st.sampled_from([None, "x", "y"])}
)


@settings(max_examples=100, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_an_answer_has_no_duplicates_obeys_the_rules_and_is_as_long_as_it_can_be(
    data: DataObject, fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    things = data.draw(st.lists(st.one_of(st.none(), FLAGS), min_size=1, max_size=8), label="things")
    n = len(things)
    known = data.draw(st.integers(0, n), label="known")
    proposals = st.dictionaries(st.integers(-1, n), st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=n)
    names = ["a", "b", "c"]
    models = {
        name: listing(
            data.draw(proposals), obeys=False, error=data.draw(st.sampled_from([None, None, RuntimeError("broken")]))
        )
        for name in data.draw(st.sets(st.sampled_from(names)), label="models")
    }
    sources = [
        Source(
            model=name,
            reads=data.draw(st.sampled_from(["person", "seeds"])),
            slots=data.draw(st.integers(0, 2)),
            differs=data.draw(st.sampled_from(["", "kind"])),
            k=data.draw(st.integers(1, 4)),
        )
        for name in data.draw(st.lists(st.sampled_from(names), unique=True), label="sources")
    ]
    cap = data.draw(st.integers(0, 2), label="cap")
    place = placement(
        *sources,
        constraints=("in-stock", "not-bought"),
        fallback=tuple(data.draw(st.lists(st.sampled_from(names), max_size=2), label="fallback")),
        caps={"kind": cap} if cap else {},
    )
    history = data.draw(st.lists(st.integers(0, n - 1), max_size=2), label="history")
    seeds = data.draw(st.lists(st.integers(-1, n), max_size=2), label="seeds")
    without = data.draw(st.lists(st.integers(0, n - 1), max_size=2), label="without")
    size = data.draw(st.integers(1, 10), label="size")

    made = fill(
        place,
        models,
        make_shelf(*things),
        size=size,
        history=history,
        seeds=seeds,
        without=without,
        known=known,
        personalized=data.draw(st.booleans()),
    )
    codes = [int(item.id[1:]) for item in made.items]
    barred = {*history, *seeds, *without}
    allowed = [i for i, t in enumerate(things) if t and t["stock"] and t["active"] and i not in barred]
    kinds = [things[i]["kind"] for i in codes if things[i]["kind"]]

    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(allowed)
    assert [item.position for item in made.items] == list(range(1, len(codes) + 1))
    if cap:
        assert all(kinds.count(kind) <= cap for kind in set(kinds))
        free = [i for i in allowed if not things[i]["kind"]]
        possible = len(free) + sum(min(cap, sum(things[i]["kind"] == k for i in allowed)) for k in ("x", "y"))
    else:
        possible = len(allowed)
    assert len(codes) == min(size, possible)


def test_who_is_not_known_is_told_that_it_is_popular_and_nothing_else(
    fill: Fill, make_shelf: Shelf, listing: Listing
) -> None:
    silent = placement(Source(model="a"))
    unknown = fill(silent, {"a": listing({1: 1.0})}, make_shelf({}, {}))

    assert [reason.code for reason in unknown.items[0].reasons] == ["popular"]
