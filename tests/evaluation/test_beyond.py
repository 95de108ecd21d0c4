from __future__ import annotations

import numpy as np
import pytest

from penchant.catalog import Attribute, Item
from penchant.evaluation.beyond import BEYOND, Beyond
from penchant.events import Role
from penchant.testing import Row, dataset, tiny_dataset

ATTRIBUTES = (
    Attribute("brand", "category", 1.0),
    Attribute("color", "tags", 2.0),
    Attribute("price", "number", 1.0),
    Attribute("title", "text", 5.0),
)
ITEMS = tuple(
    Item(id=name, attributes=fields)
    for name, fields in {
        "a": {"brand": "x", "color": ("red", "blue"), "price": 10.0},
        "b": {"brand": "x", "color": ("red",), "price": 10.0},
        "c": {"brand": "y", "color": ("green",), "price": 10.0 * np.e},
        "d": {},
    }.items()
)
ROWS = [
    *(Row(person, "a", 1) for person in ("ann", "bob", "eve", "zoe")),
    *(Row(person, "b", 2) for person in ("ann", "bob")),
    Row("ann", "c", 3, Role.NEGATIVE),
    Row("ann", "d", 3, Role.IMPRESSION),
]
DATA = dataset(ROWS, ITEMS)
A, B, C, D = range(4)


def measured(*lists, people=("ann",), repeats=True, attributes=ATTRIBUTES, data=DATA):
    queries = data.queries(np.array([data.people.code(name) for name in people], np.int32))
    width = max(len(one) for one in lists)
    padded = np.array([[*one, *[-1] * (width - len(one))] for one in lists], np.int32)
    return Beyond.of(data, queries, attributes).measure(padded, repeats=repeats)


def test_novelty_is_the_bits_of_how_few_people_had_an_item():
    # Of four people all had a, two had b, one turned away from c, nobody had d, which counts as half a person.
    assert measured([A, B])["novelty@10"].tolist() == [pytest.approx((0 + 1) / 2)]
    assert measured([C])["novelty@10"].tolist() == [pytest.approx(2)]
    assert measured([D])["novelty@10"].tolist() == [pytest.approx(3)]


def test_diversity_is_the_mean_distance_by_what_both_items_have():
    near = (1.0 * 0 + 2.0 * (1 - 1 / 2) + 1.0 * 0) / 4
    far = (1.0 * 1 + 2.0 * 1 + 1.0 * (1 - np.exp(-1))) / 4

    assert measured([A, B])["diversity@10"].tolist() == [pytest.approx(near)]
    assert measured([A, B, C])["diversity@10"].tolist() == [pytest.approx((near + far + far) / 3)]
    assert measured([A, B, D])["diversity@10"].tolist() == [pytest.approx(near)]  # d has nothing to compare
    assert np.isnan(measured([A])["diversity@10"][0])


def test_calibration_is_how_far_the_lists_mix_is_from_the_persons_own():
    # Colours weigh most. Ann had a (half red, half blue) and b (red): three quarters red, one quarter blue.
    own = np.array([0.75, 0.25])
    smooth = 0.99 * np.array([1.0, 0.0]) + 0.01 * own
    only_red = float((own * np.log2(own / smooth)).sum())

    assert measured([A, B])["calibration@10"].tolist() == [pytest.approx(0.0, abs=1e-12)]
    assert measured([B])["calibration@10"].tolist() == [pytest.approx(only_red)]
    assert measured([C])["calibration@10"].tolist() == [pytest.approx(-np.log2(0.01))]
    assert np.isnan(measured([D])["calibration@10"][0])


def test_popularity_lift_compares_what_is_shown_with_what_the_person_had():
    assert measured([A])["popularity-lift@10"].tolist() == [pytest.approx(1.0 / 0.75)]
    assert measured([A, B])["popularity-lift@10"].tolist() == [pytest.approx(1.0)]


def test_the_repeat_share_counts_what_the_person_had():
    assert measured([A, C, D])["repeat-share@10"].tolist() == [pytest.approx(1.0)]
    assert measured([A, B, C], people=("eve",))["repeat-share@10"].tolist() == [pytest.approx(1 / 3)]
    assert "repeat-share@10" not in measured([A], repeats=False)


def test_only_ten_places_count():
    many = [B, *[A] * 9, D, D]

    assert measured(many)["novelty@10"].tolist() == [pytest.approx(0.1)]


def test_an_empty_list_and_an_empty_history_say_nothing():
    data = dataset([*ROWS, Row("new", "a", 4, Role.IMPRESSION)], ITEMS)
    found = measured([], [A], people=("ann", "new"), data=data)

    assert all(np.isnan(values[0]) for values in found.values())
    assert np.isnan(found["calibration@10"][1])
    assert np.isnan(found["popularity-lift@10"][1])
    assert found["novelty@10"][1] == 0.0


def test_a_catalog_that_tells_nothing_leaves_two_metrics_unsaid():
    found = measured([A, B], data=dataset(ROWS))

    assert np.isnan(found["diversity@10"]).all()
    assert np.isnan(found["calibration@10"]).all()
    assert not np.isnan(found["novelty@10"]).any()


def test_every_metric_is_told_of_and_stays_in_its_bounds():
    data = tiny_dataset()
    attributes = (Attribute("category", "category"), Attribute("tags", "tags"), Attribute("price", "number"))
    people = np.arange(len(data.people), dtype=np.int32)
    lists = np.random.default_rng(1).integers(-1, len(data.items), (len(people), 20)).astype(np.int32)
    found = Beyond.of(data, data.queries(people), attributes).measure(lists, repeats=True)

    assert list(found) == list(BEYOND)
    for name, values in found.items():
        known = values[~np.isnan(values)]
        assert len(known), name
        assert (known >= 0).all(), name
        assert name not in ("diversity@10", "repeat-share@10") or (known <= 1).all(), name


def test_lists_one_by_one_are_worth_what_they_are_worth_together():
    data = tiny_dataset()
    attributes = (Attribute("category", "category"), Attribute("tags", "tags"), Attribute("price", "number"))
    people = np.arange(8, dtype=np.int32)
    lists = np.random.default_rng(2).integers(0, len(data.items), (8, 10)).astype(np.int32)
    whole = Beyond.of(data, data.queries(people), attributes).measure(lists, repeats=True)
    for i in range(8):
        alone = Beyond.of(data, data.queries(people[i : i + 1]), attributes).measure(lists[i : i + 1], repeats=True)
        for name, values in alone.items():
            np.testing.assert_allclose(values[0], whole[name][i], rtol=1e-12)
