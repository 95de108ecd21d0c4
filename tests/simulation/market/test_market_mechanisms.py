from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.simulation.loop import Asks, Outcome, live
from penchant.simulation.market import Market, Oracle, ShopMechanisms
from penchant.simulation.market.chances import Chances
from penchant.simulation.market.goods import Goods, draw_goods
from penchant.simulation.policies import Chance

START = 1_780_012_800.0 // DAY * DAY


def _goods(**factors: float) -> Goods:
    return draw_goods(9, START, 60.0, ShopMechanisms(**factors))


def _differing(one: Goods, two: Goods) -> set[str]:
    pairs = {f.name: (getattr(one, f.name), getattr(two, f.name)) for f in dataclasses.fields(Goods)}
    return {name for name, (a, b) in pairs.items() if not np.array_equal(np.asarray(a), np.asarray(b))}


def _chances(market: Market, page: bool = False, paid: np.ndarray | None = None) -> Chances:
    """Chances of everyone for everything, each wanting the first kind."""
    person, item = np.arange(len(market.people))[:, None], np.arange(len(market.ids))[None, :]
    paid = market.site.goods.price if paid is None else paid
    return market.site.truths.of(person, item, np.zeros_like(person), paid, page)


def _sums(mechanisms: ShopMechanisms, people: int = 150, days: int = 2) -> dict[str, float]:
    market = Market(people, 5, START, mechanisms)
    outcome: Outcome = live(market, Chance(5, market.available), days)
    return {name: float(amount.sum()) for name, amount in outcome.sums.items()}


@pytest.mark.parametrize("factor", [-0.1, 3.5, float("nan")])
def test_a_factor_lies_between_nothing_and_three(factor: float) -> None:
    with pytest.raises(ValueError, match="bait"):
        ShopMechanisms(bait=factor)


def test_without_bait_only_promises_and_letdowns_are_gone() -> None:
    assert _differing(_goods(), _goods(bait=0.0)) == {"promise", "letdown"}
    assert not _goods(bait=0.0).promise.any() and not _goods(bait=0.0).letdown.any()


def test_baited_items_are_clicked_more_bought_less_and_returned_more_often() -> None:
    baited, plain = (Market(60, 9, START, ShopMechanisms(bait=bait)) for bait in (1.0, 0.0))
    lures = baited.site.goods.letdown > 0
    with_, without = _chances(baited), _chances(plain)

    assert 0.05 < lures.mean() < 0.25
    assert with_.click[:, lures].mean() > 1.7 * without.click[:, lures].mean()
    assert with_.buy[:, lures].mean() < 0.6 * without.buy[:, lures].mean()
    assert with_.back[:, lures].mean() > 1.3 * without.back[:, lures].mean()
    np.testing.assert_array_equal(with_.buy[:, ~lures], without.buy[:, ~lures])


def test_without_margins_all_models_earn_the_same_share() -> None:
    flat = _goods(margins=0.0)

    assert _differing(_goods(), flat) == {"cost"}
    np.testing.assert_allclose(1.0 - flat.cost / flat.price, 0.45, atol=0.005)
    assert 0.08 < np.std(1.0 - _goods().cost / _goods().price) < 0.16
    assert abs(np.corrcoef(_goods().cost / _goods().price, _goods().quality)[0, 1]) < 0.25


def test_without_arrivals_the_first_items_are_the_same_and_no_others_come() -> None:
    some, none, many = _goods(), _goods(arrivals=0.0), _goods(arrivals=3.0)
    here = some.comes <= START

    assert (none.comes <= START).all() and len(none) == here.sum()
    assert [f["id"] for f in some.fields[: len(none)]] == [f["id"] for f in none.fields]
    np.testing.assert_array_equal(some.quality[: len(none)], none.quality)
    assert 0.04 < (~here).sum() / here.sum() < 0.08  # 3 % a month, for two months
    assert (many.comes > START).sum() > 2 * (~here).sum()


def test_without_returns_nothing_comes_back_and_the_same_is_bought() -> None:
    # Without counted stock, so that returned pieces do not fill the shelf.
    with_, without = (_sums(ShopMechanisms(returns=r, stockouts=0.0)) for r in (1.0, 0.0))

    assert with_["returns"] > 0 == without["returns"] == without["returns_realised"]
    assert without["net_revenue"] == without["revenue"] == pytest.approx(with_["revenue"])
    assert with_["orders_realised"] == without["orders_realised"]


def test_without_stockouts_stock_is_not_counted_and_all_is_available() -> None:
    market = Market(20, 5, START, ShopMechanisms(stockouts=0.0))

    assert all(item["stock"] is None for item in market.catalog())
    assert market.available().sum() == len(market.catalog())
    assert Market(20, 5, START).available().sum() < len(market.catalog())


def test_without_promotions_nothing_is_ever_on_sale() -> None:
    on, off = (Market(20, 5, START, ShopMechanisms(promotions=p)) for p in (1.0, 0.0))
    share = []
    for day in range(40):
        for market in (on, off):
            market.site.shelf.morning(day)
        share.append((on.site.shelf.ends >= 0)[on.site.goods.comes < START].mean())
        np.testing.assert_array_equal(off.site.shelf.paid, off.site.goods.price)

    assert 0.06 < np.mean(share) < 0.14
    assert 0.6 <= (on.site.shelf.paid / on.site.goods.price).min() < 0.9


def test_demand_falls_with_an_items_price_as_published_and_not_at_all_without() -> None:
    def elasticity(mechanisms: ShopMechanisms) -> float:
        market = Market(200, 5, START, mechanisms)
        dearer = _chances(market, paid=1.01 * market.site.goods.price)
        usual = _chances(market)
        before, after = usual.click * usual.buy, dearer.click * dearer.buy
        return float(np.mean(np.log(after / before)) / np.log(1.01))

    assert -2.7 < elasticity(ShopMechanisms()) < -2.2  # -2.62, less what chances near one leave of it
    assert elasticity(ShopMechanisms(price_sensitivity=0.0)) == pytest.approx(0.0, abs=1e-9)


def test_a_purchase_makes_loyal_to_its_brand_and_that_weighs_only_with_the_mechanism() -> None:
    lures = []
    for factor in (1.0, 0.0):
        market = Market(5, 5, START, ShopMechanisms(loyalty=factor))
        goods, crowd = market.site.goods, market.site.crowd
        bought = np.flatnonzero(goods.replenishable)[:1]
        others = (goods.brand == goods.brand[bought[0]]) & (goods.group != goods.group[bought[0]])
        before = _chances(market).click[0, others]
        crowd.bought(np.zeros(1, np.int64), bought, goods)
        np.testing.assert_allclose(crowd.loyalty.sum(axis=1), 1.0)
        lures.append(np.mean(_chances(market).click[0, others] / before))

    assert lures[0] > 1.1
    assert lures[1] == 1.0


def test_what_is_owned_is_hardly_wanted_again_unless_it_is_used_up() -> None:
    market = Market(1, 5, START, ShopMechanisms(loyalty=0.0))
    goods = market.site.goods
    kept, used = np.flatnonzero(~goods.replenishable)[:1], np.flatnonzero(goods.replenishable)[:1]
    before = _chances(market).click[0]
    market.site.crowd.bought(np.zeros(2, np.int64), np.r_[kept, used], goods)
    after = _chances(market).click[0]

    assert after[kept[0]] < 0.3 * before[kept[0]]
    assert after[used[0]] == before[used[0]]


def test_complements_draw_on_a_products_page_and_only_with_the_mechanism() -> None:
    on, off = (Market(40, 5, START, ShopMechanisms(complements=c)) for c in (1.0, 0.0))
    goods = on.site.goods
    along = goods.goes_with[0, goods.kind] >= 0.3  # what goes with the first kind, which everyone is after

    assert _chances(on, page=True).click[:, along].mean() > 2 * _chances(on, page=False).click[:, along].mean()
    assert _chances(on).click[:, along].mean() > 1.5 * _chances(off).click[:, along].mean()
    np.testing.assert_array_equal(_chances(off, page=True).click, _chances(off, page=False).click)
    np.testing.assert_array_equal(_chances(on).click[:, ~along & (goods.kind == 0)],
                                  _chances(off).click[:, ~along & (goods.kind == 0)])  # fmt: skip


def test_hidden_taste_has_its_size_and_none_without() -> None:
    full, none = (Market(300, 5, START, ShopMechanisms(taste=t)) for t in (1.0, 0.0))
    logits = [np.log(c.click / (1.0 - c.click)) for c in (_chances(full), _chances(none))]

    assert np.std(2.0 * (logits[0] - logits[1])) == pytest.approx(0.75, rel=0.1)


def test_attention_falls_by_place_and_is_whole_everywhere_without_bias() -> None:
    on, off = (Market(1, 5, START, ShopMechanisms(position_bias=b)).site.truths for b in (1.0, 0.0))

    np.testing.assert_allclose(on.examined(3), [1.0, 0.78, 0.6084])
    np.testing.assert_array_equal(off.examined(10), 1.0)


def test_without_delay_everything_is_bought_on_the_visit() -> None:
    later = []
    for factor in (1.0, 0.0):
        market = Market(400, 5, START, ShopMechanisms(delay=factor))
        seen = 0

        class Counting(Chance):
            def observe(self, events: object) -> None:
                nonlocal seen
                seen += events["event"].to_pylist().count("Order Completed")  # type: ignore[index]

        sums = live(market, Counting(5, market.available), 2).sums
        later.append(1.0 - seen / sums["orders_realised"].sum())

    assert 0.3 < later[0] < 0.6
    assert later[1] == 0.0


def test_an_oracle_shows_what_is_available_and_never_the_page_itself() -> None:
    market = Market(30, 5, START)
    person, seed = np.arange(30, dtype=np.int32), np.flatnonzero(market.available())[:30].astype(np.int32)
    shown = Oracle(market, "orders").answer(Asks("also-like", person, np.full(30, START), seed, 10)).items

    assert market.available()[shown].all()
    assert not (shown == seed[:, None]).any()
    assert all(len(set(row)) == 10 for row in shown.tolist())


def test_oracles_reach_most_of_what_they_aim_at() -> None:
    sums = {}
    for aim in ("clicks", "net_profit"):
        market = Market(100, 5, START)
        outcome = live(market, Oracle(market, aim), 2)
        sums[aim] = {name: amount.sum() for name, amount in outcome.sums.items()}

    assert sums["clicks"]["clicks"] > sums["net_profit"]["clicks"]
    assert sums["net_profit"]["slate_net_profit"] > sums["clicks"]["slate_net_profit"]


@pytest.mark.slow
def test_the_right_objective_has_room_and_most_of_it_goes_with_its_mechanisms() -> None:
    def gain(mechanisms: ShopMechanisms) -> float:
        sums = {}
        for aim in ("clicks", "net_revenue"):
            market = Market(400, 21, START, mechanisms)
            sums[aim] = live(market, Oracle(market, aim), 10).sums["net_revenue"].sum()
        return float(sums["net_revenue"] / sums["clicks"] - 1.0)

    full, bare = gain(ShopMechanisms()), gain(ShopMechanisms(bait=0.0, returns=0.0, margins=0.0))

    assert full > 0.15
    assert bare < 0.4 * full
