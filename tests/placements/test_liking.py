"""What people said they like, as a source of candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from penchant.catalog import Attribute, ItemTable
from penchant.clock import DAY, FixedClock
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import Statistics
from penchant.models.popularity import FittedPopular
from penchant.pack import CHOSEN, Facts, Pack, Placement, Source
from penchant.packs import content, learning, product
from penchant.packs.product import Product
from penchant.people import Likes
from penchant.placements import Answer, Ask, Parts, answer
from penchant.placements.liking import FADES, chosen, faded, likes_as_json, liking, matching, share_of

NOW = 20_000 * DAY
ATTRIBUTES = (Attribute("category", "category", 3.0), Attribute("brand", "category", 1.0))
GOODS = (
    Product(id="a", category="Shoes > Run", brand="Alto", price=100.0),
    Product(id="b", category="Shoes > Walk", brand="Brio", price=50.0, labels=("new",)),
    Product(id="c", category="Hats", brand="Alto", price=20.0),
    Product(id="d", category="Socks"),
)
TABLE = ItemTable([item.id for item in GOODS], GOODS)


def history(*items: int, weight: float = 1.0) -> Queries:
    n = len(items)
    return Queries.single(NOW, list(items), [NOW - 9.0] * n, [weight] * n, [int(Role.WEAK)] * n)


@pytest.mark.parametrize(
    ("field", "values", "fits"),
    [
        ("category", ("Shoes",), [1, 1, 0, 0]),
        ("category", ("Shoes > Run", "Hats"), [1, 0, 1, 0]),
        ("category", ("Coats",), [0, 0, 0, 0]),
        ("labels", ("new", "old"), [0, 1, 0, 0]),
        ("price", ((40.0, None),), [1, 1, 0, 0]),
        ("price", ((None, 20.0), (90.0, 200.0)), [1, 0, 1, 0]),
        ("price", (50.0,), [0, 1, 0, 0]),
        ("price", ("cheap",), [0, 0, 0, 0]),
    ],
)
def test_items_match_what_was_said_of_a_field(field: str, values: Any, fits: list[int]) -> None:
    assert matching(TABLE, field, values).tolist() == fits


def test_fields_count_by_their_weights() -> None:
    found = liking(TABLE, ATTRIBUTES, {"category": ("Shoes",), "brand": ("Alto",)})

    assert found.tolist() == [1.0, 0.75, 0.25, 0.0]


def test_what_no_item_has_any_more_does_not_count() -> None:
    assert liking(TABLE, ATTRIBUTES, {"category": ("Gone",), "brand": ("Alto",)}).tolist() == [1, 0, 1, 0]
    assert liking(TABLE, ATTRIBUTES, {"category": ("Gone",)}).tolist() == [0, 0, 0, 0]


def test_an_item_that_is_liked_speaks_for_what_is_like_it_and_not_for_itself() -> None:
    # With a, b shares nothing at the leaf of the path, c the brand (1 of 4).
    assert liking(TABLE, ATTRIBUTES, {"id": ("a", "ghost")}).tolist() == [0.0, 0.0, 0.25, 0.0]


def test_of_what_is_liked_alike_the_popular_comes_first_and_then_the_declared_order() -> None:
    likes = np.array([1.0, 1.0, 1.0, 0.0], np.float32)
    places = np.array([2, 1, 0, 3])
    counts = Statistics.of([0, 0], [NOW - DAY] * 2, [int(Role.WEAK)] * 2, 4)
    items, scores = chosen(likes, places, counts, NOW, np.ones(4, bool), 2)

    assert items.tolist() == [0, 2]
    assert np.allclose(scores, [1.0, (1.0 + 2 / 3) / 2])
    assert chosen(likes, places, Statistics.empty(), NOW, np.array([False, True, True, True]), 9)[0].tolist() == [2, 1]


def test_it_fades_as_the_history_grows() -> None:
    place = Placement(name="p", about="P.", sources=(Source(model=CHOSEN, weight=0.6, slots=4), Source(model="a")))
    likes: Likes = {"brand": ("Alto",)}

    assert share_of(history()) == 1.0
    assert share_of(history(0, 1, 2, 2, 3, 0)) == FADES / (FADES + 4)
    assert share_of(history(0, 1, weight=-1.0)) == 1.0
    assert faded(place, likes, history()).sources[0] == place.sources[0]
    five = faded(place, likes, history(0, 1, 2, 3, 4)).sources
    assert (five[0].weight, five[0].slots, five[1]) == (0.3, 2, place.sources[1])
    assert faded(place, {}, history(0, 1)) is place


def test_what_was_said_is_told_as_json() -> None:
    assert likes_as_json({"price": ((None, 5.0), 3.0), "id": ("a",)}) == {"price": [[None, 5.0], 3.0], "id": ["a"]}


# In the pipeline


def asked(pack: Pack, name: str, table: ItemTable, likes: Likes, **fields: Any) -> Answer:
    placement = next(one for one in pack.placements if one.name == name)
    ask = Ask(
        Facts(fields.pop("queries", history())),
        fields.pop("size", 3),
        pack.objectives[0],
        np.ones(len(table), bool),
        likes=likes,
        **fields,
    )
    return answer(placement, Parts(pack, {}, table, 0), ask, FixedClock(NOW))


def shown(made: Answer) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [(item.id, item.source, [reason.code for reason in item.reasons]) for item in made.items]


def test_without_a_release_and_an_event_what_was_chosen_comes_first_and_says_so() -> None:
    by_you = (("chosen",), ["chosen_by_you"])
    plain = shown(asked(product.PACK, "home", TABLE, {}))
    made = shown(asked(product.PACK, "home", TABLE, {"category": ("Hats",), "brand": ("Alto",)}))

    assert [source for _, source, _ in plain] == [("catalog",)] * 3
    assert made[:2] == [("c", *by_you), ("a", *by_you)]
    assert made[2][1:] == (("catalog",), [])


def test_a_request_that_is_not_personal_does_not_look_at_what_was_said() -> None:
    likes: Likes = {"category": ("Hats",)}

    assert shown(asked(product.PACK, "home", TABLE, likes, personalized=False)) == shown(
        asked(product.PACK, "home", TABLE, {})
    )


@pytest.mark.parametrize(
    ("pack", "places"),
    [
        (product.PACK, {"home", "category-page"}),
        (content.PACK, {"feed", "fresh"}),
        (learning.PACK, {"next-step"}),
    ],
    ids=lambda told: getattr(told, "name", ""),
)
def test_the_places_that_ask_are_those_that_are_meant_to(pack: Pack, places: set[str]) -> None:
    assert places == {one.name for one in pack.placements if any(source.model == CHOSEN for source in one.sources)}


def test_what_was_chosen_raises_what_others_propose_too() -> None:
    pack = product.PACK
    placement = Placement(
        name="p", about="P.", sources=(Source(model="popular"), Source(model=CHOSEN, k=1, weight=1.0)), fallback=()
    )

    # One candidate is proposed by `chosen`; the other with the same value is raised above those without it.
    table = ItemTable(
        [f"i{n}" for n in range(4)], [Product(id=f"i{n}", brand="Alto" if n in (1, 3) else "Brio") for n in range(4)]
    )
    model = FittedPopular(np.ones(4, np.float32), np.arange(4, dtype=np.int32))
    ask = Ask(Facts(history()), 4, pack.objectives[0], np.ones(4, bool), likes={"brand": ("Alto",)})
    made = answer(placement, Parts(pack, {"popular": model}, table, 4), ask, FixedClock(NOW))

    assert [item.id for item in made.items] == ["i1", "i3", "i0", "i2"]
    assert [item.source for item in made.items] == [("popular", "chosen")] * 2 + [("popular",)] * 2
