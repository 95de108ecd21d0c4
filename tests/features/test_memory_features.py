"""When a person last had to do with what a candidate is like, and whether they have had too much of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from penchant.events import Role
from penchant.features import (
    category_affinity,
    days_since_with,
    due,
    items_since_with,
    items_with,
    share_of_latest,
    share_with,
    tag_aversion,
)

NAN = np.nan
Tell = Callable[..., list[float]]
GOAL, STRONG, WEAK, NEGATIVE, SHOWN = Role.GOAL, Role.STRONG, Role.WEAK, Role.NEGATIVE, Role.IMPRESSION

ITEMS: list[dict[str, object]] = [
    {"kind": "a", "brand": "x", "tags": ["p", "q"], "path": "A > B"},
    {"kind": "a", "brand": "y", "tags": ["p"], "path": "A > C > D"},
    {"kind": "b", "brand": "x", "tags": ["r"], "path": "A"},
    {"kind": "c", "tags": [], "path": "B > A"},
    {},
]


def test_days_are_counted_from_the_last_event_that_counts(tell: Tell) -> None:
    history = [(0, 9, 1.0, GOAL), (1, 4, 0.2, WEAK), (2, 2, 0.0, SHOWN)]

    np.testing.assert_equal(
        tell(days_since_with("d", "kind", "A.", GOAL, WEAK), ITEMS, *history), [4, 4, NAN, NAN, NAN]
    )
    np.testing.assert_equal(tell(days_since_with("d", "kind", "A.", GOAL), ITEMS, *history), [9, 9, NAN, NAN, NAN])


def test_of_tags_the_one_that_is_nearest_counts(tell: Tell) -> None:
    history = [(1, 9, 1.0, GOAL), (0, 4, 1.0, GOAL), (1, 2, 1.0, GOAL)]

    feature = days_since_with("d", "tags", "A.", GOAL, reads="tags")
    np.testing.assert_equal(tell(feature, ITEMS, *history), [2, 2, NAN, NAN, NAN])


def test_items_since_count_each_item_once(tell: Tell) -> None:
    history = [(0, 9, 1.0, WEAK), (2, 8, 1.0, WEAK), (2, 7, 1.0, WEAK), (3, 6, 1.0, WEAK), (4, 5, 0.0, SHOWN)]

    np.testing.assert_equal(tell(items_since_with("s", "kind", "A.", WEAK), ITEMS, *history), [2, 2, 1, 0, NAN])


def test_items_with_a_value_are_counted_once(tell: Tell) -> None:
    history = [(0, 9, 1.0, WEAK), (0, 8, 1.0, GOAL), (1, 7, 1.0, WEAK), (2, 6, 1.0, NEGATIVE)]

    np.testing.assert_equal(tell(items_with("n", "kind", "A.", GOAL, WEAK), ITEMS, *history), [2, 2, 0, 0, NAN])


def test_fatigue_is_the_share_of_the_latest_items(tell: Tell) -> None:
    history = [(2, 9, 1.0, WEAK), (0, 8, 1.0, WEAK), (0, 7, 1.0, GOAL), (1, 6, 1.0, WEAK)]

    np.testing.assert_equal(
        tell(share_of_latest("f", "kind", "A.", GOAL, WEAK, latest=2), ITEMS, *history), [1, 1, 0, 0, NAN]
    )
    np.testing.assert_allclose(
        tell(share_of_latest("f", "tags", "A.", GOAL, WEAK, latest=9, reads="tags"), ITEMS, *history),
        [(2 / 3 + 1 / 3) / 2, 2 / 3, 1 / 3, NAN, NAN],
        atol=1e-4,
    )
    assert np.isnan(tell(share_of_latest("f", "kind", "A.", GOAL), ITEMS, *history[:1])).all()


def test_a_share_is_of_all_events_or_of_those_in_the_same_group(tell: Tell) -> None:
    history = [(0, 9, 1.0, GOAL), (0, 8, 1.0, GOAL), (1, 7, 1.0, GOAL), (2, 6, 1.0, GOAL), (1, 5, 0.2, WEAK)]

    np.testing.assert_equal(tell(share_with("s", "kind", "A.", GOAL), ITEMS, *history), [0.75, 0.75, 0.25, 0, NAN])
    loyal = tell(share_with("s", "brand", "A.", GOAL, within="kind"), ITEMS, *history)
    np.testing.assert_allclose(loyal, [2 / 3, 1 / 3, 1.0, NAN, NAN], atol=1e-4)


def test_departments_are_the_first_parts_of_paths(tell: Tell) -> None:
    feature = category_affinity("d", "path", "A.", top=True)

    np.testing.assert_equal(tell(feature, ITEMS, (0, 1, 1.0, GOAL)), [1, 1, 1, 0, NAN])


def test_an_aversion_to_tags_is_their_mean_dislike(tell: Tell) -> None:
    found = tell(tag_aversion("t", "tags", "A."), ITEMS, (1, 0, -1.0, NEGATIVE), (2, 0, 1.0, GOAL))

    np.testing.assert_equal(found, [0.5, 1.0, 0.0, NAN, NAN])


def test_something_is_due_when_the_usual_pause_is_over(tell: Tell) -> None:
    history = [(0, 40, 1.0, GOAL), (2, 35, 1.0, GOAL), (0, 30, 1.0, GOAL), (0, 30, 1.0, GOAL), (0, 20, 1.0, GOAL)]

    # Every ten days, and twenty days ago: twice the pause. The other was bought once.
    np.testing.assert_equal(tell(due("d", "A."), ITEMS, *history), [1, NAN, NAN, NAN, NAN])
    np.testing.assert_equal(tell(due("d", "A.", "kind", reads="category"), ITEMS, *history), [1, 1, NAN, NAN, NAN])


def test_only_what_is_used_up_is_due(tell: Tell) -> None:
    items: list[dict[str, object]] = [{"again": True}, {"again": False}]
    history = [(0, 20, 1.0, GOAL), (1, 20, 1.0, GOAL), (0, 10, 1.0, GOAL), (1, 10, 1.0, GOAL)]

    np.testing.assert_equal(tell(due("d", "A.", only="again"), items, *history), [0.0, NAN])
