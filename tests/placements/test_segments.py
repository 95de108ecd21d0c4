"""What is popular by region, device and hour: chances worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from penchant.catalog import ItemTable
from penchant.clock import DAY, FixedClock
from penchant.dataset import Queries
from penchant.events import Role
from penchant.pack import SEGMENT, Facts, Placement, Source
from penchant.packs import product
from penchant.packs.product import Product
from penchant.placements import Ask, Parts, Segments, answer, segments_of
from penchant.placements.liking import LEAST_OF_SEGMENT, faded
from penchant.placements.segments import PRIOR

NOW = 20_000 * DAY


def segments() -> Segments:
    """400 events: items 3 and 5 alike everywhere; in DE 150 of 3 and 50 of 5; two events in FR, both of 5."""
    return Segments(
        np.array([3, 5], np.int32),
        np.array([200.0, 200.0]),
        {
            "region:DE": np.array([150.0, 50.0]),
            "region:FR": np.array([0.0, 2.0]),
            "hours:0-6": np.array([0.0, 400.0]),
        },
    )


@pytest.mark.parametrize(
    ("hour", "region", "device", "names"),
    [
        (0, None, None, ("hours:0-6",)),
        (5.99, "DE", None, ("region:DE", "hours:0-6")),
        (18, None, "phone", ("device:phone", "hours:18-24")),
        (12, "DE", "tv", ("region:DE", "device:tv", "hours:12-18")),
    ],
)
def test_a_moment_has_its_segments(hour: float, region: str | None, device: str | None, names: Any) -> None:
    assert segments_of(region, device, NOW + hour * 3_600.0) == names


def test_a_segment_with_many_events_speaks_for_itself_and_one_with_few_like_all() -> None:
    # DE: (150 + 100) / 400 against (50 + 100) / 400; FR: 100 / 202 against 102 / 202.
    assert PRIOR == 200.0
    items, scores = segments().ranked(("region:DE", "hours:12-18"))
    assert (items.tolist(), np.round(scores.astype(float), 4).tolist()) == ([3, 5], [1.0, 0.6])
    items, scores = segments().ranked(("region:FR",))
    assert (items.tolist(), np.round(scores.astype(float), 4).tolist()) == ([5, 3], [1.0, round(100 / 102, 4)])


def test_segments_multiply_each_other() -> None:
    # The night raises 5 to (400 + 100) / 600 and lowers 3 to 100 / 600: 250 * 100 against 150 * 500.
    items, scores = segments().ranked(("region:DE", "hours:0-6"))

    assert (items.tolist(), np.round(scores.astype(float), 4).tolist()) == ([5, 3], [1.0, round(1 / 3, 4)])


def test_nothing_is_said_where_nothing_is_known_of_the_place_or_the_device() -> None:
    for names in ((), ("hours:0-6",), ("region:IT", "device:tv", "hours:0-6")):
        assert not len(segments().ranked(names)[0])
    assert not len(Segments.empty().ranked(("region:DE",))[0])


def test_only_what_may_be_shown_is_proposed() -> None:
    open_ = np.ones(6, bool)
    open_[3] = False

    assert segments().proposed(("region:DE",), open_, 9)[0].tolist() == [5]
    assert segments().proposed(("region:DE",), np.ones(4, bool), 9)[0].tolist() == [3]
    assert segments().proposed(("region:DE",), np.ones(6, bool), 1)[0].tolist() == [3]


def test_it_is_not_asked_of_somebody_who_is_well_known() -> None:
    place = Placement(name="p", about="P.", sources=(Source(model=SEGMENT, weight=0.4), Source(model="als")))

    def left(n: int) -> list[float]:
        queries = Queries.single(NOW, list(range(n)), [NOW - 9.0] * n, [1.0] * n, [int(Role.WEAK)] * n)
        return [source.weight for source in faded(place, {}, queries).sources if source.model == SEGMENT]

    assert left(0) == [0.4]
    assert left(5) == [0.2]
    assert left(15) == [0.1]
    assert left(16) == []
    assert LEAST_OF_SEGMENT == 0.25


def test_somebody_new_is_shown_what_is_popular_where_they_are_without_any_release() -> None:
    table = ItemTable([f"i{n}" for n in range(8)], [Product(id=f"i{n}") for n in range(8)])
    home = next(one for one in product.PACK.placements if one.name == "home")
    parts = Parts(product.PACK, {}, table, 0, segments=segments())

    def first(*names: str) -> tuple[str, tuple[str, ...], list[str]]:
        ask = Ask(Facts(Queries.single(NOW)), 3, product.PACK.objectives[0], np.ones(8, bool), False, segments=names)
        item = answer(home, parts, ask, FixedClock(NOW)).items[0]
        return item.id, item.source, [reason.code for reason in item.reasons]

    assert first("region:DE") == ("i3", ("segment",), ["popular_here"])
    assert first("region:FR") == ("i5", ("segment",), ["popular_here"])
    assert first("region:IT") == ("i0", ("catalog",), [])
