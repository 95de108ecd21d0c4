"""Every stage that takes an item out, each made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from penchant.pack import BLEND, EDITORIAL, Diversity, Placement, Source
from penchant.placements import Answer, Gate, Rule, WhyNot, why_not
from penchant.placements.chance import Given
from penchant.placements.pipeline import MOST_VALUED

Fill = Callable[..., Answer]
Shelf = Callable[..., Any]
Listing = Callable[..., Any]


def home(**fields: Any) -> Placement:
    told: dict[str, Any] = {"sources": (Source(model="taste"),), "fallback": (), "size": 2}
    return Placement(name="home", about="Home.", **{**told, **fields})


def why(answer: Answer, item: str, **more: Any) -> WhyNot:
    assert answer.work is not None
    [found] = why_not(answer.work, [item], **more)
    return found


@pytest.fixture
def shop(fill: Fill, make_shelf: Shelf, listing: Listing) -> Callable[..., Answer]:
    """Answers of a shelf of five things, of which the first is liked best."""

    def answer(placement: Placement, *things: Mapping[str, Any] | None, **fields: Any) -> Answer:
        models = fields.pop("models", {"taste": listing({n: 1.0 - n / 10 for n in range(5)})})
        return fill(placement, models, make_shelf(*(things or [{}] * 5)), **fields)

    return answer


Shop = Callable[..., Answer]


def test_what_is_shown_has_its_place(shop: Shop) -> None:
    found = why(shop(home()), "i1", before=10)

    assert (found.stage, found.position) == ("shown", 12)


def test_what_the_catalog_does_not_know(shop: Shop) -> None:
    assert why(shop(home()), "nothing").stage == "unknown"


def test_what_is_gone_and_what_is_switched_off(shop: Shop) -> None:
    made = shop(home(), {}, {}, None, {"active": False}, {})

    assert [(why(made, item).stage, "switched" in why(made, item).why) for item in ("i2", "i3")] == [
        ("inactive", False),
        ("inactive", True),
    ]


def test_a_constraint_is_named_with_what_it_is_about(shop: Shop) -> None:
    found = why(shop(home(constraints=("in-stock",)), {}, {}, {"stock": 0}, {}, {}), "i2")

    assert (found.stage, found.by) == ("constraint", "in-stock")
    assert "In stock." in found.why
    assert found.sources == ()  # it was out before any source could say anything


def test_a_constraint_that_breaks_is_named(shop: Shop) -> None:
    found = why(shop(home(constraints=("broken",))), "i2")

    assert (found.stage, found.by) == ("constraint", "broken")
    assert found.why == "the constraint broken cannot be checked: LookupError"


def test_all_that_keeps_an_item_out_is_told_in_order(shop: Shop) -> None:
    rule = Rule(action="exclude", items=("i2",))
    made = shop(home(constraints=("in-stock",)), {}, {}, {"stock": 0}, {}, {}, seeds=[2], rules=[rule])

    found = why(made, "i2", outside=lambda row: [Gate(stage="excluded", why="the request excludes it")])

    assert found.stage == "constraint"
    assert [gate.stage for gate in found.also] == ["excluded", "seed", "rule"]


def test_what_the_request_is_about_is_not_shown(shop: Shop) -> None:
    assert why(shop(home(), seeds=[0]), "i0").stage == "seed"


def test_a_rule_that_excludes_is_named(shop: Shop) -> None:
    found = why(shop(home(), rules=[Rule(action="exclude", items=("i0",))]), "i0")

    assert (found.stage, found.by) == ("rule", "r0")


def test_a_source_that_would_have_proposed_it_deeper_says_its_rank(shop: Shop) -> None:
    found = why(shop(home(sources=(Source(model="taste", k=2),))), "i4")

    assert found.stage == "not_proposed"
    assert [(one.source, one.k, one.rank, one.why) for one in found.sources] == [("taste", 2, 5, "it is asked for 2")]


def test_a_source_says_why_it_has_nothing_to_say(shop: Shop, listing: Listing) -> None:
    sources = (
        Source(model="taste"),
        Source(model="fails"),
        Source(model="away"),
        Source(model=EDITORIAL),
        Source(model=BLEND),
        Source(model="other", reads="seeds", differs="kind"),
    )
    models = {
        "taste": listing({0: 1.0}),
        "fails": listing({}, error=ValueError("broken")),
        "other": listing(dict.fromkeys(range(5), 1.0)),
    }
    things = [{"kind": "a"}, {}, {"kind": "a"}, {}, {}]

    found = why(shop(home(sources=sources), *things, models=models, seeds=[0]), "i2")

    said = {one.source: one.why for one in found.sources}
    assert said == {
        "taste": "it does not propose it, however deep it is asked",
        "fails": "ValueError: broken",
        "away": "not in this release",
        EDITORIAL: "no editorial list that holds here has it",
        BLEND: "the release has learned none for this placement",
        "other": "it has the same kind as what the request is about",
    }


def test_what_came_after_the_release_is_said(shop: Shop, listing: Listing) -> None:
    made = shop(home(), models={"taste": listing({0: 1.0, 1: 0.9, 2: 0.8})}, known=4)

    assert why(made, "i4").sources[0].why == "it came after the release"


def test_the_fallback_chain_may_have_come_to_others_first(shop: Shop, listing: Listing) -> None:
    found = why(shop(home(), models={"taste": listing({})}), "i4")

    assert found.stage == "not_proposed"
    assert "fallback chain (catalog) came to others first for 2 places" in found.why


def test_what_is_too_far_down_to_be_valued_says_its_rank(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    n = MOST_VALUED + 5
    source = Source(model="taste", k=n)
    made = fill(home(sources=(source,)), {"taste": listing({i: 1 - i / 1000 for i in range(n)})}, make_shelf(*[{}] * n))

    found = why(made, f"i{n - 1}")

    assert (found.stage, found.rank) == ("not_valued", n)
    assert found.relevance == pytest.approx(1 - (n - 1) / 1000, abs=1e-3)


def test_what_is_worth_less_says_how_much(shop: Shop) -> None:
    found = why(shop(home()), "i3")

    assert (found.stage, found.rank) == ("outranked", 4)
    assert (found.value, found.least) == (pytest.approx(0.7), pytest.approx(0.9))


def test_a_cap_is_named_with_its_field(shop: Shop) -> None:
    things = [{"kind": "a"}, {"kind": "a"}, {"kind": "b"}, {"kind": "a"}, {}]
    made = shop(home(caps={"kind": 1}), *things)

    assert [(why(made, item).stage, why(made, item).by) for item in ("i1", "i3")] == [
        ("cap", "kind"),
        ("outranked", ""),
    ]


def test_a_quota_that_allows_no_more_is_named(shop: Shop) -> None:
    quota = Rule(action="quota", filter={"field": "kind", "eq": "a"}, most=1)
    made = shop(home(), {"kind": "a"}, {"kind": "a"}, {}, {}, {}, rules=[quota])

    found = why(made, "i1")

    assert (found.stage, found.by) == ("quota", "r0")


def test_places_owed_to_a_quota_are_told(shop: Shop) -> None:
    quota = Rule(action="quota", filter={"field": "kind", "eq": "b"}, least=1)
    made = shop(home(), {}, {}, {}, {}, {"kind": "b"}, rules=[quota])

    found = why(made, "i1")

    assert [item.id for item in made.items] == ["i0", "i4"]
    assert (found.stage, found.by) == ("rule", "r0")


def test_a_rule_that_buries_is_named_with_its_factor(shop: Shop) -> None:
    found = why(shop(home(), rules=[Rule(action="bury", items=("i1",), factor=0.1)]), "i1")

    assert (found.stage, found.by, found.factor) == ("rule", "r0", 0.1)
    assert found.why == "the rule r0 multiplies its value by 0.1"


def test_a_pin_that_takes_the_place_is_named(shop: Shop) -> None:
    found = why(shop(home(), rules=[Rule(action="pin", items=("i4",), position=1)]), "i1")

    assert (found.stage, found.by) == ("rule", "r0")


def test_a_boost_of_another_item_is_named(shop: Shop) -> None:
    found = why(shop(home(), rules=[Rule(action="boost", items=("i4",), factor=9.0)]), "i1")

    assert (found.stage, found.by) == ("rule", "r0")


def test_a_pin_without_a_place_is_told(shop: Shop, listing: Listing) -> None:
    pin = Rule(action="pin", items=("i4",), position=2)
    first = Rule(action="pin", items=("i3",), position=2, priority=5)
    made = shop(home(), models={"taste": listing({0: 1.0, 1: 0.9, 2: 0.8})}, rules=[pin, first])

    found = why(made, "i4")

    assert (found.stage, found.by) == ("rule", "r0")
    assert "found no place" in found.why


@pytest.mark.parametrize("kept", [{"slots": 1}, {"first": True, "k": 1}])
def test_a_place_that_a_source_keeps_is_told(shop: Shop, listing: Listing, kept: dict[str, Any]) -> None:
    sources = (Source(model="taste"), Source(model="other", weight=0.01, **kept))
    models = {"taste": listing({n: 1.0 - n / 10 for n in range(4)}), "other": listing({4: 1.0})}
    made = shop(home(sources=sources), models=models)

    assert {item.id for item in made.items} == {"i0", "i4"}
    assert [(why(made, item).stage, why(made, item).by) for item in ("i1", "i2")] == [
        ("kept_place", "other"),
        ("outranked", ""),
    ]


def test_chance_that_gave_the_place_away_is_told(shop: Shop) -> None:
    work = shop(home()).work
    assert work is not None
    object.__setattr__(work, "drawn", Given(np.array([1.0, 0.1]), 1, 3))

    [gone, came] = why_not(work, ["i1", "i3"])

    assert (gone.stage, "place 2" in gone.why) == ("chance", True)
    assert (came.stage, came.position) == ("shown", 2)


def test_an_item_is_told_once(shop: Shop) -> None:
    work = shop(home()).work
    assert work is not None

    assert [one.id for one in why_not(work, ["i4", "i0", "i4"])] == ["i4", "i0"]


def test_an_answer_asks_no_source_a_second_time(shop: Shop, listing: Listing) -> None:
    """Ordinary requests pay nothing for what nobody asked."""
    taste = listing({n: 1.0 - n / 10 for n in range(5)})
    made = shop(home(), models={"taste": taste})
    assert len(taste.asked) == 1

    why(made, "i4")

    assert len(taste.asked) == 2


def test_what_gave_way_to_another_kind(shop: Shop) -> None:
    place = home(diversity=Diversity(field="kind", weight=0.5), size=3)
    made = shop(place, *({"kind": kind} for kind in "xxxyx"))

    gave_way, never = why(made, "i2"), why(made, "i4")

    assert (gave_way.stage, gave_way.by, gave_way.rank) == ("diversity", "kind", 3)
    assert never.stage == "outranked" and never.least == 0.9
