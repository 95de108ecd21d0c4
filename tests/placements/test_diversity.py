"""Variety beside value: by hand, against trying everything, and what must never change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penchant.catalog import About, Item, ItemTable, Schema
from penchant.dataset import Queries
from penchant.pack import Diversity, Placement, Source
from penchant.placements import Answer, CompiledRule, Rule
from penchant.placements.diversity import Mix, Variety
from penchant.placements.selection import Chosen, select
from penchant.placements.wishes import Wish

Shelf = Callable[..., ItemTable]
NOW = 1_000_000.0


def history(*items: int) -> Queries:
    """Somebody who turned to these items, each once and as strongly."""
    n = len(items)
    return Queries(
        np.array([0, n]),
        np.array(items, np.int32),
        np.full(n, NOW - 60.0),
        np.ones(n, np.float32),
        np.zeros(n, np.int8),
        np.array([NOW]),
        np.array([0, 0]),
        np.zeros(0, np.int32),
    )


NOBODY = Queries.single(NOW)


def choose(
    table: ItemTable,
    value: Sequence[float],
    size: int,
    weight: float,
    who: Queries = NOBODY,
    *,
    field: str = "kind",
    shares: dict[str, list[float]] | None = None,
    pinned: dict[int, int] | None = None,
    quotas: tuple[Wish, ...] = (),
    **fields: Any,
) -> Chosen:
    place = Placement(name="p", about="P.", **{"sources": (), **fields})
    found = {name: np.array(share, np.float32) for name, share in (shares or {}).items()}
    items = np.arange(len(value), dtype=np.int32)
    variety = Variety(Diversity(field=field, weight=weight), table, who) if weight else None
    return select(place, items, np.array(value, np.float32), found, size, table, pinned or {}, quotas, variety)


def kinds(*names: str | None) -> list[dict[str, Any]]:
    return [{"kind": name} for name in names]


# By hand


def test_without_a_history_a_kind_that_is_missing_comes_before_more_of_the_same(make_shelf: Shelf) -> None:
    table = make_shelf(*kinds("x", "x", "x", "y"))
    # After the first: half of 0.9 against half of 0.7 and of 0.25, which y adds; then 0.9 against 0.8.
    made = choose(table, [1.0, 0.9, 0.8, 0.7], 3, 0.5)

    assert made.others == (0, 1, 3)
    assert made.varied == {3}
    assert made.passed == {2}


def test_no_more_is_given_up_than_the_weight_allows(make_shelf: Shelf) -> None:
    table = make_shelf(*kinds("x", "x", "x", "y"))
    # Without a history no more than a quarter of it can be gained.
    assert choose(table, [1.0, 0.9, 0.8, 0.54], 3, 0.5).others == (0, 1, 2)
    assert choose(table, [1.0, 0.9, 0.8, 0.56], 3, 0.5).others == (0, 1, 3)


def test_the_slate_stands_in_the_order_of_value(make_shelf: Shelf) -> None:
    table = make_shelf(*kinds("x", "x", "y", "z", "x"))

    assert choose(table, [1.0, 0.95, 0.85, 0.8, 0.9], 4, 0.5).others == (0, 1, 2, 3)


def test_what_is_of_no_kind_is_one_kind(make_shelf: Shelf) -> None:
    table = make_shelf(*kinds(None, None, None, "y"))

    assert choose(table, [1.0, 0.9, 0.8, 0.7], 3, 0.5).others == (0, 1, 3)


def test_with_a_history_the_slate_comes_near_to_its_mix(make_shelf: Shelf) -> None:
    # Nine of x and three of y were had; all of the best are x.
    had = kinds(*"xxxxxxxxxyyy")
    table = make_shelf(*kinds(*"xxxxxx", *"yyy"), *had)
    value = [1.0, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, *[0.0] * 12]

    made = choose(table, value, 4, 0.4, history(*range(9, 21)))

    assert made.others == (0, 1, 2, 6)


def test_tags_share_an_item(make_shelf: Shelf) -> None:
    table = make_shelf({"sets": ("a", "b")}, {"sets": ("a", "b")}, {"sets": ("a", "c")}, {"sets": ("c", "d")})
    # After the first, the third has one of two that are new, the last both.
    assert choose(table, [1.0, 0.9, 0.85, 0.8], 2, 0.5, field="sets").others == (0, 3)
    assert choose(table, [1.0, 0.9, 0.89, 0.75], 2, 0.5, field="sets").others == (0, 2)


def test_the_gain_of_a_kind_is_what_its_divergence_falls_by() -> None:
    places, due = 10, {0: 0.75, 1: 0.25}
    mix, alpha = Mix(due, places), 0.01

    def divergence(counts: dict[int, int]) -> float:
        # Steck's: of the person's mix from that of the slate, which has a little of the person's own.
        return sum(p * log(p / ((1 - alpha) * counts[k] / places + alpha * p)) for k, p in due.items())

    counts = {0: 0, 1: 0}
    scale = log(1 + 1 / (alpha / (1 - alpha) * places))
    for kind in (0, 1, 0, 0):
        before = divergence(counts)
        gain = mix.gain((kind,))
        mix.has((kind,))
        counts[kind] += 1

        assert gain == pytest.approx((before - divergence(counts)) / scale)


# What stays


def test_pins_slots_and_what_stands_first_are_not_touched_and_count(make_shelf: Shelf) -> None:
    table = make_shelf(*kinds("x", "x", "y", "y", "z", "x"))
    sources = (Source(model="b", slots=1), Source(model="c", first=True))
    shares = {"b": [0.0, 0.0, 0.5, 0, 0, 0], "c": [0.0, 0.0, 0.0, 0.0, 0.0, 0.3]}
    made = choose(table, [1.0, 0.95, 0.3, 0.9, 0.88, 0.1], 5, 0.5, sources=sources, shares=shares, pinned={0: 1})

    assert made.pinned == {0: 1} and made.others[0] == 5 and 2 in made.others
    # x and y are there already, so that z comes before the second y, and x is the best.
    assert set(made.others) == {5, 2, 0, 4}


def test_quotas_get_what_they_are_owed(make_shelf: Shelf) -> None:
    table = make_shelf(*kinds("x", "y", "z", "w", "x", "x"))
    rule = Rule(action="quota", items=("i4", "i5"), least=2)
    quota = Wish(one := CompiledRule.of("r", 1, rule, Schema.of(Item)), one.rows(table, About()))

    assert set(choose(table, [1.0, 0.9, 0.8, 0.7, 0.2, 0.1], 4, 0.3, quotas=(quota,)).others) == {0, 1, 4, 5}


def test_where_caps_would_leave_fewer_places_to_variety_value_alone_chooses(make_shelf: Shelf) -> None:
    # Of each kind and of each title one: taking the last would leave no room for two others.
    table = make_shelf(
        {"kind": "x", "title": "a", "sets": ("p",)},
        {"kind": "y", "title": "b", "sets": ("p",)},
        {"kind": "x", "title": "b", "sets": ("q",)},
        {"sets": ("p",)},
    )
    made = choose(table, [1.0, 0.99, 0.98, 0.0], 3, 0.4, field="sets", caps={"kind": 1, "title": 1}, pinned={0: 3})

    assert (made.others, made.varied) == ((0, 1), frozenset())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    things=st.lists(
        st.tuples(st.sampled_from(["x", "y", "z", None]), st.sampled_from(["a", "b"]), st.floats(-2, 2, width=32)),
        min_size=1,
        max_size=14,
    ),
    size=st.integers(1, 8),
    weight=st.floats(0.01, 0.5),
    cap=st.integers(1, 3),
    had=st.lists(st.integers(0, 13), max_size=5),
)
def test_whatever_is_asked(
    make_shelf: Shelf,
    things: list[tuple[str | None, str, float]],
    size: int,
    weight: float,
    cap: int,
    had: list[int],
) -> None:
    table = make_shelf(*({"kind": kind, "title": title} for kind, title, _ in things))
    value = [worth for _, _, worth in things]
    who = history(*(item for item in had if item < len(things))) if had else NOBODY
    plain = choose(table, value, size, 0.0, who, caps={"title": cap})
    made = choose(table, value, size, weight, who, caps={"title": cap})

    # As many, each once, within the cap, in the order of value, and nothing that value alone would leave far behind.
    assert len(made.others) == len(plain.others) == len(set(made.others))
    for title in "ab":
        assert sum(things[i][1] == title for i in made.others) <= cap
    worth = np.array(value, np.float32)[list(made.others)]
    assert (np.diff(worth) <= 0).all()
    assert made.varied == set(made.others) - set(plain.others) and made.passed == set(plain.others) - set(made.others)
    low = min(0.0, min(value))
    lost = min(np.array(value)[list(plain.others)]) - min(np.array(value)[list(made.others)])
    assert lost <= weight / (1 - weight) * (max(value) - low) + 1e-5


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    things=st.lists(st.tuples(st.sampled_from("xyz"), st.floats(0.0, 1.0, width=32)), min_size=3, max_size=7),
    weight=st.floats(0.05, 0.5),
    had=st.lists(st.integers(0, 6), min_size=1, max_size=5),
)
def test_one_by_one_is_as_good_as_together(
    make_shelf: Shelf, things: list[tuple[str, float]], weight: float, had: list[int]
) -> None:
    names, value = [kind for kind, _ in things], [float(np.float32(worth)) for _, worth in things]
    who = history(*(item for item in had if item < len(things)))
    table, size = make_shelf(*kinds(*names)), 3
    made = choose(table, value, size, weight, who).others
    if not max(value) or not len(who.items):
        return
    # What each is due, as it is worked out for all candidates.
    n = len(set(who.items.tolist()))
    left = 5.0 / (5.0 + n)
    near = Variety(Diversity(field="kind", weight=weight), table, who)
    reach = sorted(value)[-size] - weight / (1 - weight) * max(value)
    within = [i for i in range(len(things)) if value[i] >= reach]
    due = near._due(Counter((int(table.category("kind").codes[i]),) for i in within))
    assert left < sum(due.values()) <= 1.0 + 1e-9

    def good(some: Sequence[int]) -> float:
        mix, total = Mix(due, size), 0.0
        for i in some:
            kind = (int(table.category("kind").codes[i]),)
            total += (1 - weight) * value[i] / max(value) + weight * mix.gain(kind)
            mix.has(kind)
        return total

    assert good(made) == pytest.approx(max(good(some) for some in combinations(range(len(things)), size)), abs=1e-6)


# In an answer


def test_an_answer_says_what_stands_there_for_variety(
    fill: Callable[..., Answer], make_shelf: Shelf, listing: Callable[..., Any]
) -> None:
    place = Placement(
        name="home",
        about="",
        sources=(Source(model="a"),),
        fallback=(),
        diversity=Diversity(field="kind", weight=0.3),
    )
    models = {"a": listing({0: 1.0, 1: 0.9, 2: 0.8, 3: 0.75})}
    made = fill(place, models, make_shelf(*kinds("x", "x", "x", "y")), size=3)

    assert [(item.id, "diversity" in item.source) for item in made.items] == [
        ("i0", False),
        ("i1", False),
        ("i3", True),
    ]


def test_what_many_kinds_add_is_what_each_adds() -> None:
    mix = Mix({1: 0.5, 2: 0.25, 3: 0.25}, 4)
    mix.has((2,))

    assert mix.gains([(1,), (2,), (3,), (4,)]) == [mix.gain((kind,)) for kind in (1, 2, 3, 4)]
    assert mix.gains([]) == []
    assert Mix({}, 4).gains([(1,), (2,)]) == [0.25, 0.25]
