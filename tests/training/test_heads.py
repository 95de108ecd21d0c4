"""Heads are learned from what people were shown, and judged before they serve."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from penchant.clock import DAY
from penchant.dataset import Dataset, Shown
from penchant.events import Role
from penchant.features import Feature, Statistics
from penchant.models import Run
from penchant.pack import Pack
from penchant.packs.product import PACK
from penchant.ranking import Head, Objective, Outcome, Term
from penchant.testing import Row, dataset
from penchant.training import LearnedHeads, Sources, learn_heads
from penchant.training.rows import Builder, counted, sampled

GOOD = Feature("good", "share", (), "What decides.", lambda batch: (batch.candidates.items % 5 == 0).astype(np.float32))
OTHER = Feature(
    "other", "share", (), "What does not.", lambda batch: (batch.candidates.items % 3 / 3).astype(np.float32)
)
BROKEN = Feature("broken", "share", (), "Raises.", lambda batch: 1 / 0)  # type: ignore[arg-type,return-value]
SMALL: Pack = replace(
    PACK,
    features=(GOOD, OTHER),
    heads=(
        Head("p_buy", Outcome("Bought.", "chance", "reached", roles=(Role.GOAL,), days=2.0)),
        Head("p_back", Outcome("Sent back.", "chance", "reversed", days=5.0, given="p_buy")),
    ),
    objectives=(
        Objective("sold", 1, "Sold.", (Term("relevance", 1.0),), formula="p_buy * (1 + other)", goal="p_buy"),
        Objective("kept", 1, "Kept.", (Term("relevance", 1.0),), formula="p_buy * (1 - p_back)", goal="p_buy"),
    ),
)
DAYS, SIZE = 40, 10


def site(requests: int, *, relevant: bool = False, seed: int = 3) -> tuple[Dataset, Shown]:
    """People who buy what is good in two of five cases, and of the rest one in fifty; nothing comes back."""
    rng = np.random.default_rng(seed)
    items = np.array([rng.permutation(30)[:SIZE] for _ in range(requests)])
    day = np.sort(rng.uniform(1, DAYS, requests))
    chance = np.where(items % 5 == 0, 0.4, 0.02)
    bought = rng.random(items.shape) < chance
    person = [f"p{n % 50:02d}" for n in range(requests)]
    rows = [
        Row(person[n], f"i{items[n, place]:02d}", day[n] + 0.01 * (place + 1))
        for n, place in zip(*np.nonzero(bought), strict=True)
    ]
    everything = [Row("zoe", f"i{n:02d}", 0.0, Role.WEAK) for n in range(30)]
    data = dataset([*rows, *everything], now_day=DAYS + 1.0)
    # Relevance knows what will be bought, or nothing at all.
    relevance = bought + 0.1 * rng.random(items.shape) if relevant else rng.random(items.shape)
    shown = Shown.of(
        data.people.codes(person),
        day * DAY,
        np.arange(0, items.size + 1, SIZE, dtype=np.int64),
        data.items.codes(f"i{n:02d}" for n in items.ravel()),
        relevance=(relevance / 1.1).ravel().astype(np.float32),
    )
    return data, shown


def learn(data: Dataset, shown: Shown, pack: Pack = SMALL, **more: object) -> LearnedHeads:
    return learn_heads(data, Sources(shown), pack, run=Run(threads=1), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def learned() -> LearnedHeads:
    return learn(*site(1_200))


def test_a_head_says_what_comes_and_is_judged_on_what_it_has_not_seen(learned: LearnedHeads) -> None:
    row = learned.outcomes.heads[0]
    head = learned.heads["p_buy"]

    assert row.serves and row.figures is not None and row.figures.ece is not None
    assert row.figures.ece < 0.03 and row.figures.rows > 1_500
    values = np.full((2, len(head.features)), 0.5, np.float32)
    values[:, head.features.index("good")] = [1, 0]
    # In some cases the item was shown again, and bought then, within the same two days.
    assert head.predict(values).tolist() == pytest.approx([0.48, 0.03], abs=0.06)
    told = learned.outcomes.learned
    assert told is not None and told.origin == "slates" and (told.requests, told.rows) == (1_200, 12_000)
    assert told.figures_from < told.figures_until


def test_however_many_threads_the_same_heads_are_learned(learned: LearnedHeads) -> None:
    data, shown = site(1_200)
    told: list[tuple[str, float]] = []
    again = learn_heads(
        data, Sources(shown), SMALL, run=Run(threads=3), progress=lambda what, share: told.append((what, share))
    )

    shares = [share for what, share in told if not what.startswith("figures")]
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert again.outcomes == learned.outcomes
    assert again.floors == learned.floors
    assert again.heads.keys() == learned.heads.keys()
    for name, head in learned.heads.items():
        for part, values in head.state().arrays.items():
            np.testing.assert_array_equal(again.heads[name].state().arrays[part], values)


def test_a_head_that_cannot_be_learned_says_why_and_its_formula_does_not_serve(learned: LearnedHeads) -> None:
    row = learned.outcomes.heads[1]
    sold, kept = learned.outcomes.objectives

    assert not row.serves and "0 of" in row.reason and set(learned.heads) == {"p_buy"}
    assert sold.serves == "formula" and sold.floor == learned.floors["sold"] and len(sold.curve) > 10
    assert kept.serves == "sum" and "p_back" in kept.reason and "kept" not in learned.floors
    assert msgspec.json.encode(learned.outcomes)


def test_a_head_that_loses_to_relevance_is_held_back() -> None:
    found = learn(*site(1_200, relevant=True), replace(SMALL, features=(OTHER,)))

    # Relevance is a feature too, so a head may not read it here: else it would be as good.
    blind = replace(SMALL, heads=(replace(SMALL.heads[0], features=("other",)),), objectives=SMALL.objectives[:1])
    lost = learn(*site(1_200, relevant=True), blind)

    assert found.outcomes.objectives[0].serves == "formula"
    assert not lost.heads and not lost.floors
    assert lost.outcomes.objectives[0].serves == "sum" and "relevance" in lost.outcomes.objectives[0].reason
    gap = lost.outcomes.objectives[0].against_relevance
    assert gap is not None and gap.high < 0 and lost.outcomes.heads[0].figures is not None


def test_too_little_to_learn_from_is_told_and_no_error() -> None:
    data, shown = site(1_200)
    nothing = learn(data, Shown.none())
    little = learn(data, shown.take(np.arange(100)))

    assert nothing.outcomes.learned is None and "nothing tells" in nothing.outcomes.reason and not nothing.heads
    assert "100 requests" in little.outcomes.reason and len(little.statistics)
    assert learn(data, shown, replace(SMALL, heads=(), objectives=())).outcomes.reason == ""


def test_a_feature_that_fails_is_named_and_the_rest_is_learned() -> None:
    found = learn(*site(700), replace(SMALL, features=(GOOD, OTHER, BROKEN)), serves=False)

    assert "ZeroDivisionError" in found.outcomes.failed["broken"]
    assert found.outcomes.heads[0].figures is not None and not found.heads


def test_what_was_proposed_stands_in_where_nothing_was_logged() -> None:
    data, shown = site(800)
    first, second = (
        replace(shown.take(np.arange(*part)), time=np.full(400, day * DAY))
        for part, day in (((0, 400), 20.0), ((400, 800), 30.0))
    )

    found = learn_heads(data, Sources(proposed=(first, second)), SMALL, run=Run(threads=1), serves=False)

    told = found.outcomes.learned
    assert told is not None and told.origin == "candidates" and told.requests == 800


def test_impressions_of_senders_are_learned_from_too() -> None:
    data, shown = site(800)

    found = learn(replace(data, shown=shown), Shown.none(), serves=False)

    assert found.outcomes.learned is not None and found.outcomes.learned.origin == "impressions"


def test_requests_are_drawn_whole_by_a_seed_and_stand_by_time() -> None:
    _, shown = site(300)

    drawn = sampled(shown, 1, 1_005)

    assert len(drawn) == 100 and (np.diff(drawn.ptr) == SIZE).all() and (np.diff(drawn.time) >= 0).all()
    assert sampled(shown, 1, 1_005).slates == drawn.slates
    np.testing.assert_array_equal(sampled(shown, 1, 1_005).items, drawn.items)


def test_features_of_the_past_do_not_know_the_future() -> None:
    data, shown = site(400)
    cut = 20 * DAY
    early = sampled(shown.before(cut), 1)
    past = data.before(cut)

    values = [
        Builder(one, PACK.features, counted(one, None, False), ("home",), threads=2).build(early).values
        for one in (data, past)
    ]

    np.testing.assert_array_equal(values[0], values[1])


def test_places_are_held_at_the_first_where_items_are_compared() -> None:
    place = Feature("place", "count", (), "Place.", lambda batch: batch.moment.position.astype(np.float32))  # type: ignore[union-attr]
    data, shown = site(50)
    builder = Builder(data, [place], Statistics.empty(len(data.items)), ())

    assert builder.names == ("relevance", "place")
    assert builder.build(shown.take(np.arange(1))).values[:, 1].tolist() == list(range(1, SIZE + 1))
    assert (builder.build(shown, held=True).values[:, 1] == 1).all()


def test_slates_are_counted_once_however_often_senders_tell_of_them() -> None:
    data, shown = site(50)
    seen = np.flatnonzero(data.interactions.role == Role.WEAK)
    told = replace(data.interactions, role=data.interactions.role.copy())
    told.role[seen] = Role.IMPRESSION
    data = replace(data, interactions=told)

    both = counted(data, shown, True).at(np.arange(30, dtype=np.int32), np.full(30, 99 * DAY))
    alone = counted(data, None, False).at(np.arange(30, dtype=np.int32), np.full(30, 99 * DAY))

    assert both.of(Role.IMPRESSION, np.inf).sum() == len(shown.items)
    assert alone.of(Role.IMPRESSION, np.inf).sum() == len(seen)
    assert both.of(Role.GOAL, np.inf).tolist() == alone.of(Role.GOAL, np.inf).tolist()
