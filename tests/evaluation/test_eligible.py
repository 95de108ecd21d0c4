from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from penchant.catalog import History, Item
from penchant.clock import DAY
from penchant.evaluation.eligible import eligible
from penchant.events import Role
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product
from penchant.testing import Row, dataset

CUT = 10.0


def day(number):
    return datetime.fromtimestamp(number * DAY, UTC)


def names(data):
    train = data.before(CUT * DAY)
    return {data.items.ids[i] for i in np.flatnonzero(eligible(train, data.history))}


def remembered(data, *records):
    """The same data with records of its catalog: (item, field, day, value)."""
    ids, fields, days, values = zip(*records, strict=True)
    batch = pa.record_batch(
        {
            "id": pa.array(ids),
            "field": pa.array(fields),
            "at": pa.array([int(day * DAY * 1000) for day in days], pa.int64()),
            "value": pa.array(values, pa.float64()),
        }
    )
    return replace(data, history=History.read([batch], data.items.ids))


def test_an_item_is_there_once_anything_happened_with_it():
    data = dataset([Row("ann", "hat", 5), Row("ann", "tie", 9, Role.IMPRESSION), Row("ann", "sock", 10)])

    assert names(data) == {"hat", "tie"}


def test_an_item_that_the_catalog_had_by_then_is_there_without_an_event():
    items = [Item(id=name) for name in ("hat", "tie", "sock")]
    data = remembered(dataset([Row("ann", "hat", 5)], items), ("tie", "active", 9, 1.0), ("sock", "active", 11, 1.0))

    assert names(data) == {"hat", "tie"}


def test_a_catalog_that_keeps_no_records_brings_in_nothing_by_itself():
    assert names(dataset([Row("ann", "hat", 5)], [Item(id="tie")])) == {"hat"}


def test_an_item_that_was_switched_off_then_is_not_there_whatever_it_is_now():
    items = [Item(id="hat"), Item(id="tie", active=False)]
    data = dataset([Row("ann", "hat", 5), Row("ann", "tie", 5)], items)
    data = remembered(
        data,
        *(("hat", "active", 1, 1.0), ("hat", "active", 8, 0.0), ("hat", "active", 20, 1.0)),
        *(("tie", "active", 1, 1.0), ("tie", "active", 20, 0.0)),
    )

    assert names(data) == {"tie"}


def test_an_item_outside_its_own_time_is_not_there():
    items = [
        Content(id="now", available_from=day(1), available_until=day(20)),
        Content(id="over", available_from=day(1), available_until=day(9)),
        Content(id="later", available_from=day(11)),
        Content(id="always"),
    ]
    data = dataset([Row("ann", item.id, 5) for item in items] + [Row("ann", "unlisted", 5)], items)

    assert names(data) == {"now", "always", "unlisted"}


def test_the_time_of_a_sale_price_says_nothing_of_the_product():
    items = [
        Product(id="hat", sale_until=day(5)),
        Product(id="tie", expires=day(9)),
        Product(id="sock", released=day(11)),
    ]
    data = dataset([Row("ann", item.id, 5) for item in items], items)

    assert names(data) == {"hat"}


def test_a_module_that_expired_is_not_there():
    items = [Module(id="old", expires=day(9)), Module(id="new", expires=day(11))]
    data = dataset([Row("ann", item.id, 5) for item in items], items)

    assert names(data) == {"new"}
