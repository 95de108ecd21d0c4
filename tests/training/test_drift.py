"""What moved since a training, by figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.dataset import Shown
from penchant.features import Statistics
from penchant.packs import product
from penchant.packs.product import Product
from penchant.storage import Part
from penchant.testing import Row, dataset
from penchant.training import Covered, Drift, Moved, Period, Reference, drift, look
from penchant.training.drift import by_luck, stability
from penchant.training.reference import BINS, Binned, Rate

COVERED = Covered(slates=1_000, catalog=0.5, degraded=0.01, fallback=0.05)


def binned(*values: float, against: Binned | None = None) -> Binned:
    rows = np.array(values, np.float32)[:, None]
    return Binned.learned(("price",), rows) if against is None else Binned.counted(("price",), against.edges, rows)


def period(**fields: object) -> Period:
    plain = {"since": 0.0, "until": 10 * DAY, "people": 500, "new_people": 100, "covered": COVERED}
    return Period(**{**plain, **fields})  # type: ignore[arg-type]


def told(before: Period, now: Period, kind: str, unseen: tuple[float, int] | None = None) -> dict[str, Moved]:
    found = drift("shop", "shop-1", Reference(before), Reference(now), unseen)
    return {row.name: row for row in found.rows if row.kind == kind}


# distributions


def test_the_index_is_the_sum_over_bins() -> None:
    before = Binned(("x",), np.full((1, BINS - 1), np.nan, np.float32), np.zeros((1, BINS + 1), np.float32))
    a, b = before.shares.copy(), before.shares.copy()
    a[0, :2], b[0, :2] = (0.5, 0.5), (0.8, 0.2)

    found = stability(Binned(("x",), before.edges, a), Binned(("x",), before.edges, b))

    assert found["x"] == pytest.approx(0.3 * math.log(1.6) - 0.3 * math.log(0.4), abs=1e-6)


def test_deciles_hold_a_tenth_each_and_what_has_no_value_is_told_apart() -> None:
    found = binned(*range(100), *[math.nan] * 100)

    assert found.shares[0].tolist() == pytest.approx([0.05] * 10 + [0.5])


def test_values_that_many_rows_have_make_fewer_bins() -> None:
    found = binned(*[0.0] * 90, *range(1, 11))

    assert np.isfinite(found.edges[0]).sum() == 1
    assert found.shares[0, :3].tolist() == pytest.approx([0.9, 0.1, 0.0])


def test_a_feature_without_any_value_does_not_move() -> None:
    before = binned(math.nan, math.nan)

    assert stability(before, binned(math.nan, against=before)) == {"price": 0.0}


def test_what_lies_outside_of_everything_before_is_in_the_last_bins() -> None:
    before = binned(*range(100))
    now = binned(-1e9, 1e9, against=before)

    assert now.shares[0, 0] == now.shares[0, 9] == 0.5


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6, width=32) | st.just(math.nan), min_size=1, max_size=60))
def test_shares_sum_to_one_and_nothing_has_moved_from_itself(values: list[float]) -> None:
    before = binned(*values)
    again = binned(*values, against=before)

    assert before.shares.sum() == pytest.approx(1.0, abs=1e-5)
    assert stability(before, again)["price"] == pytest.approx(0.0, abs=1e-9)


def test_two_samples_of_one_distribution_hardly_ever_pass_for_moved() -> None:
    rng = np.random.default_rng(7)
    over = 0
    for _ in range(200):
        before = binned(*rng.normal(size=300))
        now = binned(*rng.normal(size=300), against=before)
        over += stability(before, now)["price"] > by_luck(300, 300, BINS)

    assert over <= 4


# volumes, labels, coverage


@pytest.mark.parametrize(
    ("now", "level"),
    [([100] * 10, "steady"), ([160] * 10, "moved"), ([40] * 10, "moved"), ([30] * 10, "far"), ([400] * 10, "far")],
)
def test_volumes_are_held_against_each_other_by_the_day(now: list[int], level: str) -> None:
    found = told(period(volumes={"goal": [100] * 10}), period(volumes={"goal": now}), "volume")["goal"]

    assert (found.level, found.before, found.now) == (level, 100.0, float(now[0]))


def test_a_signal_that_ended_is_an_alarm() -> None:
    found = told(period(volumes={"goal": [100] * 10}), period(volumes={"goal": [0] * 10}), "volume")["goal"]

    assert found.level == "far" and "broken" in found.words


def test_few_events_are_no_drift() -> None:
    found = told(period(volumes={"goal": [1] + [0] * 9}), period(volumes={"goal": [0] * 10}), "volume")

    assert found["goal"].level == "steady"


def test_a_shorter_period_is_told_by_the_day_as_well() -> None:
    now = period(until=2 * DAY, volumes={"goal": [100, 100]})

    assert told(period(volumes={"goal": [100] * 10}), now, "volume")["goal"].level == "steady"


@pytest.mark.parametrize(
    ("now", "level"),
    [
        (Rate(mean=0.10, spread=0.3, rows=10_000), "steady"),
        (Rate(mean=0.13, spread=0.3, rows=10_000), "moved"),
        (Rate(mean=0.13, spread=0.3, rows=200), "steady"),
        (Rate(mean=0.03, spread=0.2, rows=10_000), "far"),
        (None, "unknown"),
    ],
)
def test_label_rates_move_when_it_is_no_luck(now: Rate | None, level: str) -> None:
    before = period(rates={"p_buy": Rate(mean=0.10, spread=0.3, rows=10_000)})
    after = period(rates={} if now is None else {"p_buy": now})

    assert told(before, after, "label")["p_buy"].level == level


def test_coverage_is_told_in_points() -> None:
    now = Covered(slates=1_000, catalog=0.30, degraded=0.02, fallback=0.12)
    found = told(period(), period(covered=now), "coverage")

    assert {name: row.level for name, row in found.items()} == {
        "catalog": "far", "degraded": "steady", "fallback": "moved",
    }  # fmt: skip


def test_few_slates_say_nothing() -> None:
    found = told(period(), period(covered=Covered(slates=99, degraded=1.0)), "coverage")

    assert {row.level for row in found.values()} == {"unknown"}


def test_items_that_the_release_does_not_know_are_told() -> None:
    assert told(period(), period(), "unseen", (0.2, 1_000))["items"].level == "far"
    assert told(period(), period(), "unseen", (0.2, 50))["items"].level == "steady"


def test_what_moved_farthest_stands_first() -> None:
    found: Drift = drift(
        "shop",
        "shop-1",
        Reference(period(volumes={"weak": [100] * 10, "goal": [100] * 10})),
        Reference(period(volumes={"weak": [100] * 10, "goal": [0] * 10})),
    )

    assert found.rows[0].name == "goal"
    assert found.level == "far"


# a whole period


ITEMS = tuple(Product(id=f"i{n}", category="Shoes" if n % 2 else "Hats", price=10.0 + n, stock=5) for n in range(20))


def seen(day: float, items: range) -> list[Row]:
    return [Row(f"user:p{n}", f"i{items[n % len(items)]}", day + n / 500, basket=f"o{day}-{n}") for n in range(300)]


def looked(rows: list[Row], since: float | None, until: float, against: Reference | None = None) -> Reference:
    data = dataset(rows, ITEMS, now_day=until, domain="shop")
    return look(
        data,
        Shown.none(),
        product.PACK,
        Statistics.of_interactions(data.interactions, len(data.items)),
        since=None if since is None else since * DAY,
        until=until * DAY,
        covered=Covered(),
        seed=7,
        against=against,
    )


def test_a_period_is_held_against_the_one_of_the_training() -> None:
    first = seen(100.0, range(10))
    before = looked(first, None, 101.0)
    same = looked(first + seen(101.0, range(10)), 101.0, 102.0, before)
    other = looked(first + seen(101.0, range(10, 20)), 101.0, 102.0, before)

    assert before.period.volumes["goal"] == [300]
    assert (before.period.people, before.period.new_people, same.period.new_people) == (300, 300, 0)
    price = {name: stability(before.binned["done"], one.binned["done"])["price_now"] for name, one in
             (("same", same), ("other", other))}  # fmt: skip
    assert price["same"] < 0.01 and price["other"] > 1.0
    rows = {row.name: row for row in drift("shop", "shop-1", before, other).rows}
    assert rows["price_now"].level == "far" and "values above" in rows["price_now"].words


def test_a_period_comes_back_from_a_release_as_it_was() -> None:
    made = looked(seen(100.0, range(10)), None, 101.0)
    part = Part("reference", made.arrays(), made.settings())
    back = Reference.restore(part.arrays, part.settings)

    assert back.period == made.period
    assert all(np.array_equal(back.binned[o].shares, made.binned[o].shares) for o in made.binned)
    assert sum(array.nbytes for array in part.arrays.values()) < 50_000


def test_a_period_without_anything_says_so() -> None:
    before = looked(seen(100.0, range(10)), None, 101.0)
    silent = looked(seen(100.0, range(10)), 101.0, 105.0, before)
    rows = {row.name: row for row in drift("shop", "shop-1", before, silent).rows}

    assert rows["goal"].level == "far"
    assert rows["features"].level == "unknown"
