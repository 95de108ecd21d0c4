"""Answers by a formula: what orders, what is told, what happens when a head fails, and what chance adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from penchant.catalog import About, ItemTable
from penchant.clock import FixedClock
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import Batch, Feature, Statistics
from penchant.pack import Facts, Pack, Placement, Source
from penchant.placements import Answer, Ask, CompiledRule, Parts, Rule, answer, compile_rules, pipeline
from penchant.ranking import Head, Objective, Outcome, Term
from penchant.slate import Reason

Shelf = Callable[..., ItemTable]
Listing = Callable[..., Any]
NOW = 1_000_000.0

A = Source(model="a", reason=("alike", "like it"))
HOME = Placement(name="home", about="The start.", sources=(A,), fallback=(), learns="next")
OUTCOME = Outcome("It is liked.", "chance", "reached", roles=(Role.GOAL,))
WORTH = Objective(
    "worth", 3, "Liked, and worth it.", (Term("relevance", 1.0), Term("bonus", 0.5)), "p_good * (1 + bonus)", "p_good"
)


@dataclass(frozen=True)
class Says:
    """A head that says what relevance is, times a factor; remembers what it was shown."""

    factor: float = 0.1
    error: Exception | None = None
    features: tuple[str, ...] = ("relevance", "device", "place", "spot", "shown")
    seen: list[NDArray[np.float32]] = None  # type: ignore[assignment]

    def predict(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.error:
            raise self.error
        if self.seen is not None:
            self.seen.append(values)
        return (np.nan_to_num(values[:, 0]) * np.float32(self.factor)).astype(np.float32)


def told(what: Callable[[Batch], NDArray[Any]]) -> Callable[[Batch], NDArray[np.float32]]:
    return lambda batch: what(batch).astype(np.float32)


def moment(batch: Batch) -> Any:
    assert batch.moment is not None
    return batch.moment


FEATURES = (
    Feature("bonus", "share", ("bonus",), "A bonus.", told(lambda b: b.number("bonus")), Reason("bonus", "a bonus")),
    Feature("margin", "share", (), "What it earns.", told(lambda b: b.number("bonus")), None),
    Feature("device", "code", (), "The device.", told(lambda b: moment(b).device[b.row]), low=-1, high=3),
    Feature("place", "code", (), "The placement.", told(lambda b: moment(b).placement[b.row]), low=-1, high=9),
    Feature("spot", "count", (), "The place.", told(lambda b: moment(b).position), high=99),
    Feature("shown", "count", (), "Times shown.", told(lambda b: b.counts.of(Role.IMPRESSION, np.inf)), high=1e9),
)


@pytest.fixture
def worth(pack: Pack) -> Pack:
    return replace(pack, features=FEATURES, objectives=(WORTH,), heads=(Head("p_good", OUTCOME),))


@pytest.fixture
def ask(worth: Pack, make_shelf: Shelf, listing: Listing) -> Callable[..., Answer]:
    """Answers: `ask({0: 1.0, 1: 0.5}, bonuses, heads={"p_good": Says()})`."""

    def made(
        scores: Mapping[int, float],
        things: Sequence[Mapping[str, Any]],
        *,
        placement: Placement = HOME,
        heads: Mapping[str, Any] | None = None,
        floors: Mapping[str, float] | None = None,
        rules: Sequence[Rule] = (),
        size: int = 10,
        explore: float = 0.0,
        seed: int = 0,
        device: str | None = None,
        statistics: Statistics | None = None,
        models: Mapping[str, Any] | None = None,
    ) -> Answer:
        table = make_shelf(*things)
        compiled: tuple[CompiledRule, ...] = ()
        if rules:
            rows = [(f"r{n}", 1, msgspec.json.encode(rule)) for n, rule in enumerate(rules)]
            compiled, _ = compile_rules(rows, table.schema, ["home"])
        parts = Parts(
            worth,
            models or {"a": listing(scores)},
            table,
            len(table),
            heads={"p_good": Says()} if heads is None else heads,  # type: ignore[arg-type]
            statistics=statistics or Statistics.empty(),
            floors={"worth": 0.0} if floors is None else floors,
            places=("feed", "home"),
        )
        facts = Facts(Queries.single(NOW), "DE")
        about = About(np.zeros(0, np.int32), {}, NOW)
        eligible = np.ones(len(table), bool)
        asked = Ask(facts, size, WORTH, eligible, True, compiled, about, device, explore, f"{seed}".encode())
        return answer(placement, parts, asked, FixedClock(0.0))

    return made


def ids(made: Answer) -> list[str]:
    return [item.id for item in made.items]


# What orders


def test_a_formula_orders_once_its_heads_are_there(ask: Callable[..., Answer]) -> None:
    things = [{}, {"bonus": 2.0}, {"bonus": 0.0}]
    made = ask({0: 1.0, 1: 0.5, 2: 0.25}, things)

    # Chances of 0.1, 0.05 and 0.025; the second is worth three times as much.
    assert [(item.id, item.value) for item in made.items] == [("i1", 0.15), ("i0", 0.1), ("i2", 0.025)]
    assert (made.trace.by, made.trace.objective, made.degraded) == ("formula", "worth@3", ())
    assert made.trace.heads == {"p_good": pytest.approx((0.05, 0.1, 0.025))}
    assert made.trace.relevance == (0.5, 1.0, 0.25)


def test_before_there_are_heads_the_sum_orders_and_nothing_is_degraded(ask: Callable[..., Answer]) -> None:
    made = ask({0: 1.0, 1: 0.5}, [{}, {"bonus": 0.4}], heads={})

    assert [(item.id, item.value) for item in made.items] == [("i0", 1.0), ("i1", 0.7)]
    assert (made.trace.by, made.trace.heads, made.degraded) == ("sum", {}, ())


def test_a_head_that_fails_leaves_the_order_to_the_sum_and_is_named(ask: Callable[..., Answer]) -> None:
    made = ask({0: 1.0, 1: 0.5}, [{}, {"bonus": 4.0}], heads={"p_good": Says(error=ValueError("no trees"))})

    assert ids(made) == ["i1", "i0"]
    assert (made.trace.by, made.degraded) == ("sum", ("head:p_good: ValueError: no trees",))


def test_a_feature_that_fails_is_named_and_the_formula_goes_on(
    ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Says(features=("relevance", "shown"))
    statistics = Statistics.of([0], [NOW], [5], 3)
    monkeypatch.setattr(Statistics, "at", lambda *_: 1 / 0)
    made = ask({0: 1.0, 1: 0.5}, [{}, {}], heads={"p_good": broken}, statistics=statistics)

    assert ids(made) == ["i0", "i1"]
    assert made.degraded == ("feature:shown: ZeroDivisionError: division by zero",)


def test_an_item_below_the_floor_stands_behind_whatever_it_is_worth(ask: Callable[..., Answer]) -> None:
    things, scores = [{}, {"bonus": 9.0}, {}], {0: 1.0, 1: 0.5, 2: 0.6}

    assert ids(ask(scores, things, floors={"worth": 0.4})) == ["i1", "i0", "i2"]
    assert ids(ask(scores, things, floors={"worth": 0.6})) == ["i0", "i2", "i1"]


def test_until_a_floor_was_chosen_the_goal_alone_orders(ask: Callable[..., Answer]) -> None:
    assert ids(ask({0: 1.0, 1: 0.5}, [{}, {"bonus": 9.0}], floors={})) == ["i0", "i1"]


def test_heads_are_told_of_the_moment_and_of_what_was_known(ask: Callable[..., Answer]) -> None:
    seen: list[NDArray[np.float32]] = []
    shown = Statistics.of([1, 1], [NOW - 7_200] * 2, [int(Role.IMPRESSION)] * 2, 2)
    ask({0: 1.0, 1: 0.5}, [{}, {}], heads={"p_good": Says(seen=seen)}, device="phone", statistics=shown)

    assert seen[0].tolist() == [[1.0, 1.0, 1.0, 1.0, 0.0], [0.5, 1.0, 1.0, 1.0, 2.0]]


def test_what_nobody_proposed_has_no_relevance(ask: Callable[..., Answer]) -> None:
    made = ask({0: 1.0}, [{}, {}, {}], rules=[Rule(action="pin", items=("i2",))], size=2)

    assert ids(made) == ["i2", "i0"]
    assert made.trace.relevance == (None, 1.0)


def test_a_spare_was_ranked_by_nobody(ask: Callable[..., Answer]) -> None:
    made = ask({0: 1.0}, [{}, {}])

    assert (ids(made), made.trace.relevance) == (["i0", "i1"], (1.0, None))
    assert made.trace.heads == {"p_good": pytest.approx((0.1, None))}


def test_relevance_reads_back_to_the_same_bits(ask: Callable[..., Answer]) -> None:
    third = float(np.float32(1.0) / np.float32(3.0))
    made = ask({0: 3.0, 1: 1.0}, [{}, {}])

    assert np.float32(made.trace.relevance[1]) == np.float32(third)
    assert len(str(made.trace.relevance[1])) < 13


# What is told


def test_reasons_of_a_formula_are_high_features_that_people_recognise(ask: Callable[..., Answer]) -> None:
    heads = {"p_good": Says(features=("relevance", "margin"))}
    made = ask({0: 1.0, 1: 0.9, 2: 0.01}, [{"bonus": 0.9}, {"bonus": 0.4}, {"bonus": 0.6}], heads=heads)
    codes = {item.id: [reason.code for reason in item.reasons] for item in made.items}

    # What it earns is as high as the bonus, and never told.
    assert codes == {"i0": ["alike", "bonus"], "i1": ["alike"], "i2": ["bonus"]}


# How many are valued


def many(n: int) -> tuple[dict[int, float], list[dict[str, Any]]]:
    return {code: 1.0 - code / n for code in range(n)}, [{} for _ in range(n)]


def test_no_more_than_the_most_relevant_are_valued(ask: Callable[..., Answer]) -> None:
    scores, things = many(200)
    scores |= dict.fromkeys(range(200, 400), 0.0)
    things += [{} for _ in range(200)]
    wide = Placement(name="home", about="", sources=(Source(model="a", k=400),), fallback=())
    seen: list[NDArray[np.float32]] = []
    made = ask(scores, things, placement=wide, heads={"p_good": Says(seen=seen)})

    assert [len(values) for values in seen] == [pipeline.MOST_VALUED]
    assert ids(made) == [f"i{n}" for n in range(10)]


def test_where_so_many_do_not_fill_the_slate_all_are_valued(
    ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "MOST_VALUED", 5)
    scores, things = many(12)
    for code in range(8):
        things[code]["kind"] = "x"
    capped = Placement(name="home", about="", sources=(A,), fallback=(), caps={"kind": 1})
    made = ask(scores, things, placement=capped, size=4)

    assert ids(made) == ["i0", "i8", "i9", "i10"]
    assert {item.source for item in made.items} == {("a",)}


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        (Rule(action="boost", items=("i11",), factor=1_000.0), 0),
        (Rule(action="quota", items=("i11",), least=1), 3),
        (Rule(action="pin", items=("i11",), position=2), 1),
    ],
)
def test_what_a_rule_is_about_is_valued_however_little_relevant(
    ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, rule: Rule, place: int
) -> None:
    monkeypatch.setattr(pipeline, "MOST_VALUED", 5)
    scores, things = many(12)
    made = ask(scores, things, rules=[rule], size=4)

    assert ids(made)[place] == "i11"
    assert "a" in made.items[place].source


def test_what_slots_are_kept_for_is_valued(
    ask: Callable[..., Answer], listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "MOST_VALUED", 5)
    scores, things = many(12)
    slotted = Placement(
        name="home", about="", sources=(A, Source(model="b", weight=0.01, slots=1)), fallback=(), learns="next"
    )
    models = {"a": listing(scores), "b": listing({11: 1.0})}
    made = ask(scores, things, placement=slotted, models=models, size=4)

    assert ids(made) == ["i0", "i1", "i2", "i11"]


# Chance


def test_what_chance_puts_there_says_so_and_every_chance_is_told(ask: Callable[..., Answer]) -> None:
    scores, things = many(8)
    found = [ask(scores, things, size=4, explore=0.1, seed=seed) for seed in range(60)]

    kept = 1 - 0.4 / 3
    plain = [made for made in found if ids(made) == ["i0", "i1", "i2", "i3"]]
    assert 20 < len(plain) < 50
    assert all([item.propensity for item in made.items] == pytest.approx([1.0, kept, kept, kept]) for made in plain)
    for made in found:
        explored = [item for item in made.items if "explored" in item.source]
        assert len(explored) == (0 if made in plain else 1)
        for item in explored:
            assert item.position > 1 and item.id in {"i4", "i5", "i6", "i7"} and item.source == ("a", "explored")
            assert item.propensity == pytest.approx(0.4 / 3 / 4, rel=1e-6)


def test_chance_passes_no_constraint_cap_pin_or_rule(ask: Callable[..., Answer]) -> None:
    scores, things = many(10)
    things[4]["stock"] = 0
    things[0]["kind"] = things[5]["kind"] = "x"
    place = Placement(
        name="home",
        about="",
        sources=(A,),
        constraints=("in-stock",),
        fallback=(),
        caps={"kind": 1},
        learns="next",
    )
    rules = [
        Rule(action="pin", items=("i3",), position=2),
        Rule(action="exclude", items=("i6",)),
        Rule(action="bury", items=("i7",), factor=0.5),
    ]
    seen: Counter[str] = Counter()
    for seed in range(150):
        made = ask(scores, things, placement=place, rules=rules, size=4, explore=0.2, seed=seed)
        assert made.items[1].id == "i3" and made.items[1].propensity == 1.0
        assert made.items[0].id == "i0"
        seen.update(item.id for item in made.items if "explored" in item.source)

    # Neither sold out, nor of a kind that is full, nor kept out, nor buried.
    assert set(seen) == {"i8", "i9"}


def test_a_placement_that_learns_nothing_leaves_nothing_to_chance(ask: Callable[..., Answer]) -> None:
    scores, things = many(8)
    fixed = Placement(name="home", about="", sources=(A,), fallback=())

    assert {tuple(ids(ask(scores, things, placement=fixed, size=4, explore=0.2, seed=n))) for n in range(50)} == {
        ("i0", "i1", "i2", "i3")
    }


def test_what_stands_first_gives_no_place_away(ask: Callable[..., Answer], listing: Listing) -> None:
    scores, things = many(8)
    place = Placement(name="home", about="", sources=(Source(model="b", first=True), A), fallback=(), learns="next")
    models = {"a": listing(scores), "b": listing({7: 1.0, 6: 0.5})}
    for seed in range(60):
        made = ask(scores, things, placement=place, models=models, size=4, explore=0.2, seed=seed)
        assert ids(made)[:2] == ["i7", "i6"]


def test_what_was_shown_least_comes_more_often(ask: Callable[..., Answer]) -> None:
    scores, things = many(40)
    often = np.repeat(np.arange(14, 40), 3)
    shown = Statistics.of(often, [NOW - 7_200] * len(often), [int(Role.IMPRESSION)] * len(often), 40)
    chances: dict[str, float] = {}
    for seed in range(200):
        made = ask(scores, things, size=4, explore=0.2, seed=seed, statistics=shown)
        chances |= {item.id: item.propensity for item in made.items if "explored" in item.source}

    # i4 to i13 were never shown. All of the pool share a quarter of the draws, and those that may be the best half.
    assert chances["i5"] >= 0.8 / 3 * (0.25 / 36 + 0.25 / 10)
    assert chances["i35"] < 0.8 / 3 * (0.25 / 36 + 0.001)
    assert chances["i5"] > chances["i12"] > 2 * chances["i20"]


@pytest.mark.slow
def test_slates_are_drawn_as_often_as_their_propensities_say(ask: Callable[..., Answer]) -> None:
    scores, things = many(8)
    drawn: Counter[tuple[int, str]] = Counter()
    chances: dict[tuple[int, str], float] = {}
    n = 4_000
    for seed in range(n):
        for item in ask(scores, things, size=3, explore=0.2, seed=seed).items:
            drawn[item.position, item.id] += 1
            chances[item.position, item.id] = item.propensity
    assert set(drawn) == {
        (1, "i0"),
        *((place, name) for place in (2, 3) for name in ("i3", "i4", "i5", "i6", "i7")),
    } | {
        (2, "i1"),
        (3, "i2"),
    }
    for place in (2, 3):
        keys = sorted(key for key in chances if key[0] == place)
        observed = np.array([drawn[key] for key in keys])
        expected = n * np.array([chances[key] for key in keys])
        assert expected.sum() == pytest.approx(n, rel=1e-5)
        assert stats.chisquare(observed, expected * n / expected.sum()).pvalue > 0.001
