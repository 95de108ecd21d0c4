from __future__ import annotations

import numpy as np
import pytest

from penchant.catalog import Attribute, Item
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import AttributeSimilarity, Run
from penchant.testing import Row, dataset


def catalog(**items):
    return [Item(id=name, title=fields.pop("title", ""), attributes=fields) for name, fields in items.items()]


def fit(items, *attributes, rows=(), **settings):
    data = dataset(list(rows), items)
    return AttributeSimilarity(attributes=attributes, **settings).fit(data, Run()), data


def near(model, data, item, k=10):
    codes, scores = model.similar(data.items.codes([item]), k).row(0)
    return {
        data.items.ids[code]: pytest.approx(float(score), abs=1e-6) for code, score in zip(codes, scores, strict=True)
    }


SHOP = {
    "runner": {"category": "shoes", "tags": ("run", "road")},
    "trail": {"category": "shoes", "tags": ("run", "hill")},
    "sock": {"category": "socks", "tags": ("run",)},
    "pen": {"category": "office"},
}


def test_similarity_is_the_weighted_mean_of_the_attributes():
    model, data = fit(catalog(**SHOP), Attribute("category", "category", 3.0), Attribute("tags", "tags", 1.0))

    # Shoes share the category (3 of 4 parts); tags have a cosine of one half (two of two), and one in root two.
    assert near(model, data, "runner") == {"trail": 0.75 + 0.25 * 0.5, "sock": 0.25 / np.sqrt(2)}


def test_an_attribute_without_weight_does_not_count():
    model, data = fit(catalog(**SHOP), Attribute("category", "category", 1.0), Attribute("tags", "tags", 0.0))

    assert near(model, data, "runner") == {"trail": 1.0}


def test_items_with_nothing_in_common_are_not_similar():
    model, data = fit(catalog(**SHOP), Attribute("category", "category"), Attribute("tags", "tags"))

    assert near(model, data, "pen") == {}


def test_a_history_finds_what_is_like_its_mean():
    model, data = fit(catalog(**SHOP), Attribute("category", "category"), rows=[Row("ann", "runner", 99)])

    codes, scores = model.retrieve(data.queries(np.zeros(1, np.int32)), 10).row(0)

    assert [data.items.ids[c] for c in codes] == ["runner", "trail"]
    np.testing.assert_allclose(scores, 1.0, rtol=1e-6)


VIDEOS = {
    "done": {"topics": ("yoga",), "creator": "kim"},
    "also": {"topics": ("yoga",), "creator": "lee"},
    "quit": {"topics": ("boxing",), "creator": "lee"},
    "like-done": {"topics": ("yoga",), "creator": "kim"},
    "like-quit": {"topics": ("boxing",), "creator": "lee"},
    "mixed": {"topics": ("yoga", "boxing"), "creator": "lee"},
}


def test_what_is_disliked_pushes_its_kind_away():
    model, data = fit(catalog(**VIDEOS), Attribute("topics", "tags"), Attribute("creator", "category"))
    now = data.now
    history = {"items": data.items.codes(["done", "also", "quit"]), "times": [now] * 3, "roles": [0, 0, 3]}

    def scores(weight):
        row = model.retrieve(Queries.single(now, weights=[1.0, 1.0, weight], **history), 10).row(0)
        return {data.items.ids[c]: float(s) for c, s in zip(*row, strict=True)}

    neutral, turned_away = scores(0.0), scores(-1.0)

    assert turned_away["like-done"] == pytest.approx(neutral["like-done"])
    assert turned_away["mixed"] < neutral["mixed"]
    assert neutral["like-quit"] > 0
    assert "like-quit" not in turned_away


def test_only_dislikes_propose_nothing():
    model, data = fit(catalog(**VIDEOS), Attribute("topics", "tags"))

    assert len(model.retrieve(Queries.single(data.now, [0], [data.now], [-1.0], [3]), 10).items) == 0


def test_newer_items_of_a_history_count_more():
    model, data = fit(catalog(**SHOP), Attribute("category", "category"), half_life_days=10.0)
    now = data.now
    items = data.items.codes(["pen", "sock"])

    found = model.retrieve(Queries.single(now, items, [now - 10 * 86_400.0, now], [1.0, 1.0], [0, 0]), 10)

    assert [data.items.ids[c] for c in found.row(0)[0]] == ["sock", "pen"]
    np.testing.assert_allclose(found.row(0)[1], [2 / 3, 1 / 3], rtol=1e-6)


def test_a_catalog_without_values_cannot_be_fitted():
    with pytest.raises(FitFailed, match="alike: no item has a value in price, title"):
        fit(catalog(a={}, b={}), Attribute("price", "number"), Attribute("title", "text"))


def test_near_numbers_are_alike_and_far_ones_are_not():
    prices = {f"p{price}": {"price": float(price)} for price in (5, 10, 20, 40, 80, 90, 100, 120, 200, 300)}
    model, data = fit(catalog(**prices), Attribute("price", "number"), bins=12)

    alike = near(model, data, "p100")

    order = list(alike)
    assert set(order[:2]) == {"p90", "p120"}
    assert order.index("p80") < order.index("p200")
    assert "p5" not in alike
    assert "p20" not in alike
