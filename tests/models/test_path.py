from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import Item, ItemTable
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models import PrerequisitePath, Run
from penchant.models.history import Past
from penchant.testing import ModelChecks, Row, dataset, joined, tiny_dataset, tiny_items


def module(id, series=None, position=None, needs=()):
    fields = {"series": series, "position": position, "prerequisites": needs}
    return Item(id=id, attributes={name: value for name, value in fields.items() if value})


def chain(series, length, *, needs=()):
    """A series in which each module needs the one before, and the first needs `needs`."""
    names = [f"{series}{place}" for place in range(1, length + 1)]
    before = [needs, *((name,) for name in names)]
    return [module(name, series, place, before[place - 1]) for place, name in enumerate(names, 1)]


ITEMS = (*chain("a", 5), *chain("b", 3, needs=("a2",)), *chain("c", 2), module("alone"))


def walked(*steps, roles=None, items=ITEMS, **settings):
    """A model and the request of somebody who did these items, one a day."""
    roles = roles or [Role.GOAL] * len(steps)
    rows = [Row("ann", name, day, role) for day, (name, role) in enumerate(zip(steps, roles, strict=True), 1)]
    data = dataset([*rows, Row("crowd", "c1", 1)], items)
    return PrerequisitePath(**settings).fit(data, Run()), data


def proposed(*steps, k=20, **more):
    model, data = walked(*steps, **more)
    codes = data.people.codes(["ann"])
    queries = data.queries(codes) if steps else joined([data.queries(data.people.codes(["crowd"])).take(0, 0)])
    return [data.items.ids[code] for code in model.retrieve(queries, k).row(0)[0]]


class TestPrerequisitePath(ModelChecks):
    recipe = PrerequisitePath(requires="needs", series="category", position="price", wander=0.8)
    personal = False

    @classmethod
    def data(cls):
        """The tiny world; each category is a series by price, and some items need others or what nobody knows."""
        needs = {"i03": ("i00",), "i04": ("i01", "i00"), "i08": ("i02",), "i10": ("nowhere",), "i12": ("i03", "i09")}
        items = [
            Item(id=item.id, attributes={**item.attributes, "needs": needs.get(item.id, ())}) for item in tiny_items()
        ]
        world = tiny_dataset()
        return replace(world, table=ItemTable([item.id for item in items], items).aligned(world.items.ids))


class TestSeriesAlone(ModelChecks):
    recipe = PrerequisitePath(requires=None, series="category", position="price", done=("goal", "strong"))
    personal = False


def test_the_next_module_of_the_series_that_was_worked_in_last_comes_first():
    assert proposed("a1", "c1")[:2] == ["c2", "a2"]
    assert proposed("c1", "a1")[:2] == ["a2", "c2"]


def test_what_needs_something_that_is_not_completed_is_never_proposed():
    assert set(proposed("a1")) == {"a2", "c1", "alone"}
    assert set(proposed("a1", "a2")) == {"a3", "b1", "c1", "alone"}


def test_the_series_one_is_in_goes_on_before_what_it_opens_elsewhere():
    assert proposed("a1", "a2")[:2] == ["a3", "b1"]


def test_what_was_begun_and_not_completed_comes_before_what_is_new():
    assert proposed("a1", "c1", "a2", roles=[Role.GOAL, Role.GOAL, Role.WEAK])[0] == "a2"


def test_what_was_completed_is_no_step_ahead():
    assert not {"a1", "a2"} & set(proposed("a1", "a2"))


def test_where_nothing_was_begun_the_beginnings_come_the_most_taken_first():
    model, data = walked("a1")
    nobody = data.queries(data.people.codes(["crowd"]))
    nobody = type(nobody).single(nobody.now[0])

    assert [data.items.ids[code] for code in model.retrieve(nobody, 20).row(0)[0]] == ["a1", "c1", "alone"]


def test_without_prerequisites_the_order_of_the_series_says_what_is_next():
    items = [module(f"s{place}", "s", place) for place in (1, 2, 3)] + [module("t1", "t", 1), module("t2", "t", 2)]

    found = proposed("s1", items=[*items, module("c1")], requires=None)
    assert found[:2] == ["s2", "s3"]
    assert found.index("t1") < found.index("t2")


def test_items_on_one_place_of_a_series_all_lead_to_the_next():
    items = [module(name, "s", place) for name, place in (("s1", 1), ("s2a", 2), ("s2b", 2), ("s3", 3))]
    model, data = walked("s1", items=[*items, module("c1")])

    after = {
        name: {data.items.ids[code] for code in model.similar(data.items.codes([name]), 1).items}
        for name in ("s2a", "s2b")
    }
    assert after == {"s2a": {"s3"}, "s2b": {"s3"}}
    assert proposed("s1", items=[*items, module("c1")])[:2] == ["s2a", "s2b"]


def test_what_comes_after_an_item_is_told_nearest_first():
    model, data = walked("a1")
    codes, scores = model.similar(data.items.codes(["a1"]), 10).row(0)

    assert [data.items.ids[code] for code in codes] == ["a2", "a3", "b1", "a4", "b2", "a5", "b3"]
    assert scores.tolist() == pytest.approx([0.7, 0.49, 0.35, 0.343, 0.245, 0.2401, 0.1715])


def test_how_far_ahead_is_looked_is_a_setting():
    model, data = walked("a1", ahead=1)

    assert [data.items.ids[code] for code in model.similar(data.items.codes(["a1"]), 10).items] == ["a2"]


def test_items_that_need_each_other_are_never_proposed_and_are_told():
    needs = {"x": "y", "y": "x", "z": "z", "w": "x"}
    circle = [module(name, needs=(need,)) for name, need in needs.items()]
    model, _ = walked("x", items=[*ITEMS, *circle])

    assert model.cycles == (("x", "y"), ("z",))
    assert model.missing == ()
    nobody = set(proposed("a1", items=[*ITEMS, *circle]))
    assert not {"x", "y", "z", "w"} & nobody
    # Who has been through one of them before goes on behind it.
    assert "w" in proposed("x", items=[*ITEMS, *circle])


def test_a_prerequisite_that_nobody_knows_is_never_met_and_is_told():
    lost = [module("lost", needs=("a1", "nowhere"))]
    model, _ = walked("a1", items=[*ITEMS, *lost])

    assert model.missing == (("lost", "nowhere"),)
    assert "lost" not in proposed("a1", items=[*ITEMS, *lost])


def test_a_prerequisite_that_left_the_catalog_still_counts_for_those_who_completed_it():
    items = [*ITEMS, module("more", needs=("old",))]

    assert "more" in proposed("old", items=items)
    assert "more" not in proposed("a1", items=items)


def test_a_series_against_the_prerequisites_is_no_trouble():
    items = [module("s1", "s", 1, ("s2",)), module("s2", "s", 2), module("c1")]

    assert proposed("s2", items=items)[0] == "s1"
    assert "s1" not in proposed("c1", items=items)


def test_a_catalog_without_any_step_is_refused():
    with pytest.raises(FitFailed, match="0 steps from one item to another, 1 needed"):
        walked("a1", items=[module("a1"), module("a2")])


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_whatever_the_graph_only_open_items_are_proposed(drawn):
    n = drawn.draw(st.integers(2, 8))
    names = [f"m{i}" for i in range(n)]
    needs = [drawn.draw(st.sets(st.sampled_from([*names, "nowhere"]), max_size=3)) for _ in names]
    places = [drawn.draw(st.none() | st.integers(1, 4)) for _ in names]
    items = [
        module(name, "s" if place else None, place, tuple(sorted(need)))
        for name, need, place in zip(names, needs, places, strict=True)
    ]
    items += chain("t", 2)
    done = drawn.draw(st.lists(st.sampled_from(names), min_size=1, max_size=n, unique=True))
    found = proposed(*done, items=items)

    needed = dict(zip(names, needs, strict=True))
    assert set(found) == {name for name in names if needed[name] <= set(done) and name not in done} | {"t1", "c1"}
    assert len(found) == len(set(found))


def test_the_graph_is_kept_in_small_numbers():
    state = walked("a1")[0].state()

    assert state.arrays["near"].dtype == np.float32
    assert all(array.dtype.kind in "if" for array in state.arrays.values())


@given(
    steps=st.lists(st.sampled_from([item.id for item in ITEMS]), max_size=6), k=st.integers(0, 14), seed=st.integers()
)
@settings(max_examples=60, deadline=None)
def test_a_list_is_the_best_of_all_open_items(steps, k, seed):
    model, data = walked(*steps or ["c1"])
    n = len(data.items)
    allowed = np.random.default_rng(abs(seed)).random(n) < 0.7
    queries = data.queries(data.people.codes(["ann"]))
    past = Past.of(queries, 0, n)
    done = past.counted(("goal",))[0]
    met = sum((np.bincount(model.opens[model.opens_ptr[c] : model.opens_ptr[c + 1]], minlength=n) for c in done), 0)
    scores = np.where(model.needs <= met, model.start, 0)
    reached = dict(zip(*(part.tolist() for part in model._reached(*model._stands(past))), strict=True))
    near = np.array([reached.get(code, 0.0) for code in range(n)], np.float32)
    scores = np.where((scores > 0) & allowed, np.maximum(scores, near), 0)
    scores[done] = 0

    codes, found = model.retrieve(queries, k, allowed).row(0)

    wanted = [code for code in np.lexsort((np.arange(n), -scores)).tolist() if scores[code] > 0][:k]
    assert codes.tolist() == wanted
    assert found.tolist() == scores[wanted].tolist()
