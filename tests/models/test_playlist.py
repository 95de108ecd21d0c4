from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import Item
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import Playlist, Run
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset, tiny_items

SMALL = Playlist(least_sequences=1, shrink=0.0)


class TestPlaylist(ModelChecks):
    recipe = Playlist(least_sequences=10)
    # What is played next depends on what was played before: without an item, the rest may come in another order.
    test_retrieve_finds_what_the_whole_list_holds_of_a_mask = None


class TestPlaylistWithABudget(ModelChecks):
    recipe = Playlist(least_sequences=10, window="person", span=3, again=True, field="price", budget=200.0)
    test_retrieve_finds_what_the_whole_list_holds_of_a_mask = None


def evenings(*played, items=()):
    """A data set of evenings, one after the other, each of one person of its own."""
    rows = [
        Row(f"p{day}", name, day + 1 + place / 1_440)
        for day, names in enumerate(played)
        for place, name in enumerate(names.split())
    ]
    return dataset(rows, items)


def playlist(data, *begins, k=20, allowed=None, **changes):
    """What is played after these items."""
    model = msgspec.structs.replace(SMALL, **changes).fit(data, Run())
    mask = None if allowed is None else np.isin(data.items.ids, allowed)
    query = Queries.single(data.now, seeds=data.items.codes(begins))
    return [data.items.ids[code] for code in model.retrieve(query, k, mask).row(0)[0]]


WALTZ = evenings("a b c d", "a b c d", "a c b d", "d e")


def test_what_followed_is_played_in_the_order_it_was_played():
    assert playlist(WALTZ, "a") == ["b", "c", "d"]


def test_the_order_is_that_of_transitions_and_not_of_likeness_alone():
    data = evenings(*["a b c"] * 3, *["a x c"] * 2)

    # `c` is heard with `a` more often than `b` is, and never right after it.
    assert playlist(data, "a", follow=0.0)[0] == "c"
    assert playlist(data, "a", follow=1.0)[:2] == ["b", "c"]


def test_nothing_is_played_twice():
    data = evenings(*["a b a b a c"] * 3)

    assert sorted(playlist(data, "a")) == ["b", "c"]


def test_scores_fall_in_playing_order():
    model = SMALL.fit(WALTZ, Run())
    scores = model.similar(WALTZ.items.codes(["a"]), 3).row(0)[1]

    assert scores.tolist() == pytest.approx([1.0, 20 / 21, 20 / 22])


def test_what_was_played_before_is_left_out_unless_told_otherwise():
    history = WALTZ.items.codes(["b", "a"])
    query = Queries.single(WALTZ.now, history, [1.0, 2.0], [1.0, 1.0], [0, 0], seeds=WALTZ.items.codes(["a"]))

    def names(**changes):
        found = msgspec.structs.replace(SMALL, **changes).fit(WALTZ, Run()).retrieve(query, 10).items
        return [WALTZ.items.ids[code] for code in found]

    assert "b" not in names()
    assert "b" in names(again=True)
    assert "a" not in names(again=True)  # that is where it begins


def test_it_goes_on_from_the_latest_items_where_nothing_is_named():
    data = evenings(*["a b c"] * 2, *["x y z"] * 2)
    model = msgspec.structs.replace(SMALL, recent=1).fit(data, Run())
    codes = data.items.codes(["a", "x"])

    def played(first, second):
        query = Queries.single(data.now, [first, second], [1.0, 2.0], [1.0, 1.0], [0, 0])
        return [data.items.ids[code] for code in model.retrieve(query, 10).items]

    assert played(codes[0], codes[1]) == ["y", "z"]
    assert played(codes[1], codes[0]) == ["b", "c"]


SECONDS = {"a": 50, "b": 100, "c": 300, "d": 60}
LENGTHS = tuple(Item(id=name, attributes={"length_s": seconds}) for name, seconds in SECONDS.items())


def test_items_play_no_longer_than_the_budget():
    data = evenings("a b c d", "a b c d", items=LENGTHS)

    assert playlist(data, "a") == ["b", "c", "d"]
    assert playlist(data, "a", budget=400.0) == ["b", "c"]
    assert playlist(data, "a", budget=250.0) == ["b", "d"]  # the one that is too long is passed over
    assert playlist(data, "a", budget=59.0) == []


def test_an_item_of_unknown_length_is_as_long_as_the_median():
    data = evenings("a b x d", items=LENGTHS)

    # 80 seconds: between 60 and 100 of the known lengths 50, 60, 100, 300.
    assert playlist(data, "a", budget=180.0) == ["b", "x"]
    assert playlist(data, "a", budget=179.0) == ["b", "d"]


def test_only_what_is_allowed_is_played_and_the_list_goes_on_behind_a_gap():
    assert playlist(WALTZ, "a", allowed=["c", "d"]) == ["c", "d"]


def test_the_list_ends_where_nothing_goes_with_the_beginning():
    assert playlist(evenings("a b", "x y"), "a") == ["b"]
    assert playlist(evenings("a b", "x y"), "no-such-item") == []


def test_too_few_sequences_are_said_in_figures():
    with pytest.raises(FitFailed, match="4 sequences of two items or more, 50 needed"):
        Playlist().fit(WALTZ, Run())


@given(st.lists(st.integers(0, 17), max_size=6), st.floats(1.0, 400.0), st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_however_it_begins_it_keeps_its_promises(begins, budget, k):
    data = tiny_dataset()
    model = Playlist(least_sequences=1, field="price", budget=budget).fit(data, Run())
    found = model.retrieve(Queries.single(data.now, seeds=begins), k).items
    prices = {item.id: item.attributes.get("price", np.nan) for item in tiny_items()}
    known = [price for price in prices.values() if np.isfinite(price)]
    lengths = [prices.get(data.items.ids[code], np.nan) for code in found]

    assert len(set(found.tolist())) == len(found) <= k
    assert not set(found.tolist()) & set(begins)
    assert np.nansum(lengths) + np.isnan(lengths).sum() * np.median(known) <= budget + 1e-3
