"""What is logged under chance tells the value of slates that were never served: by hand, and in a world of shoppers.

The estimator weighs each click by one over the chance that its item came to its place (Horvitz and Thompson, 1952;
Li, S., Abbasi-Yadkori, Y., Kveton, B., Muthukrishnan, S., Vinay, V. and Wen, Z. (2018). Offline evaluation of ranking
policies with click models. KDD: the item-position model).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.placements.exploration import Lottery
from penchant.placements.thompson import Known
from penchant.simulation.loop import Answers, Asks, live
from penchant.simulation.market import Market
from penchant.slate import Codes

Floats = NDArray[np.float64]


def estimated(items: Codes, propensity: Floats, clicks: Floats, target: Codes) -> tuple[float, float]:
    """Clicks a slate under other slates, and how far off that may be (1.96 standard errors).

    Args:
        items: What was shown, shape (n, places).
        propensity: The chance that it came there, likewise.
        clicks: 1 where it was clicked, likewise.
        target: What would be shown, likewise.
    """
    each = (clicks * (items == target) / propensity).sum(axis=1)
    return float(each.mean()), float(1.96 * each.std() / np.sqrt(len(each)))


# By hand


@pytest.fixture(scope="module")
def logged() -> tuple[Codes, Floats, Floats, Codes, float]:
    """Slates of three kinds of people, each with a ranking of their own, and what each thinks of ten items."""
    rng = np.random.default_rng(4)
    likes, looks = rng.uniform(0.02, 0.4, (3, 10)), np.array([1.0, 0.8, 0.6, 0.5])
    ranking = np.array([rng.permutation(10) for _ in range(3)])
    tried = np.array([900.0, 40.0, 0.0, 300.0, 5.0, 80.0])
    lotteries = [
        Lottery(
            0.15,
            np.ones((4, 6), bool),
            (True,) * 4,
            Known(likes[kind, ranking[kind, 4:]], tried, tried, np.floor(tried * 0.05)),
        )
        for kind in range(3)
    ]
    n = 20_000
    who = rng.integers(0, 3, n)
    items, propensity = ranking[who, :4].astype(np.int32), np.empty((n, 4))
    for i, kind in enumerate(who.tolist()):
        drawn = lotteries[kind].draw(f"slate {i}".encode())
        propensity[i] = drawn.propensity
        if drawn.place is not None:
            items[i, drawn.place] = ranking[kind, 4 + drawn.taken]
    clicks = (rng.random((n, 4)) < likes[who[:, None], items] * looks).astype(float)
    # Others would show three of what none of these slates has by itself.
    target = ranking[who][:, [0, 6, 5, 7]].astype(np.int32)
    truth = float((likes[who[:, None], target] * looks).sum(axis=1).mean())
    return items, propensity, clicks, target, truth


def test_the_value_of_slates_that_were_never_served_is_found(
    logged: tuple[Codes, Floats, Floats, Codes, float],
) -> None:
    items, propensity, clicks, target, truth = logged
    value, off = estimated(items, propensity, clicks, target)

    assert abs(value - truth) < off < 0.25 * truth
    assert not (items == target).all(axis=1).any()  # nobody ever saw one of them


def test_with_chances_that_are_off_another_value_is_found(
    logged: tuple[Codes, Floats, Floats, Codes, float],
) -> None:
    items, propensity, clicks, target, truth = logged
    uniform = np.where(propensity < 0.5, 0.15 * 4 / 3 / 6, propensity)
    wrong, off = estimated(items, uniform, clicks, target)

    assert abs(wrong - truth) > off


# In a world


class _Site:
    """Shows everybody the same four, and leaves places to chance or does not; counts what is clicked at home."""

    def __init__(self, ranking: Codes, explore: float) -> None:
        self._ranking = ranking
        self._lottery = Lottery(explore, np.ones((4, len(ranking) - 4), bool), (True,) * 4)
        self.slates: dict[str, int] = {}
        self.items: list[Codes] = []
        self.propensity: list[Floats] = []
        self.clicked: list[tuple[int, int]] = []

    def answer(self, asks: Asks) -> Answers:
        items = np.full((len(asks), asks.size), -1, np.int32)
        propensity = np.ones(items.shape, np.float32)
        if asks.placement != "home":
            return Answers(items, propensity, ("",) * len(asks))
        items[:, :4] = self._ranking[:4]
        names = []
        for i in range(len(asks)):
            name = f"slate {len(self.slates)}"
            drawn = self._lottery.draw(name.encode())
            if drawn.place is not None:
                items[i, drawn.place] = self._ranking[4 + drawn.taken]
            propensity[i, :4] = drawn.propensity
            self.slates[name] = len(self.slates)
            self.items.append(items[i, :4])
            self.propensity.append(drawn.propensity)
            names.append(name)
        return Answers(items, propensity, tuple(names))

    def observe(self, events: pa.Table) -> None:
        for event in events.select(["event", "slate", "position"]).to_pylist():
            if event["event"] == "Recommendation Clicked" and event["slate"] in self.slates:
                self.clicked.append((self.slates[event["slate"]], event["position"] - 1))

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Shows the same whatever changes."""

    def end_of_day(self, now: float) -> None:
        """Learns nothing."""

    @property
    def clicks(self) -> Floats:
        found = np.zeros((len(self.slates), 4))
        for slate, place in self.clicked:
            found[slate, place] = 1.0
        return found


START = 1_780_012_800.0 // DAY * DAY


def _world(people: int, ranking: Codes, explore: float) -> _Site:
    site = _Site(ranking, explore)
    live(Market(people, 7, START), site, 1)
    return site


@pytest.mark.parametrize("people", [4_000, pytest.param(40_000, marks=pytest.mark.slow)], ids=["in small", "in large"])
def test_in_a_world_the_log_of_one_site_tells_the_clicks_of_another(people: int) -> None:
    found = np.flatnonzero(Market(10, 7, START).available()).astype(np.int32)
    # The site shows three that hardly anybody likes, and another one would show three that many do.
    ranking = found[[108, 40, 360, 361, 272, 107, 370]]
    other = ranking[[0, 4, 5, 6]]
    log = _world(people, ranking, 0.2)
    value, off = estimated(
        np.array(log.items), np.array(log.propensity), log.clicks, np.tile(other, (len(log.items), 1))
    )
    # The same people on the same day, shown what the log never shows.
    clicks = _world(people, np.concatenate([other, ranking[1:4]]), 0.0).clicks.sum(axis=1)
    truth, luck = clicks.mean(), 1.96 * clicks.std() / np.sqrt(len(clicks))

    assert abs(value - truth) < np.hypot(off, luck)
    assert truth - luck > 1.3 * log.clicks.sum(axis=1).mean()  # which the log's own clicks do not tell
