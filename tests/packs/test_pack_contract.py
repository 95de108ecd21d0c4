"""Every pack that ships passes the public checks, with bare items and with full ones."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import entry_points

from penchant.packs import content, learning, product
from penchant.packs.content import Content
from penchant.packs.learning import Module
from penchant.packs.product import Product
from penchant.testing import PackChecks

THEN = datetime(1970, 3, 1, tzinfo=UTC)
LATER = datetime(1971, 3, 1, tzinfo=UTC)


class TestProductPack(PackChecks):
    pack = product.PACK
    items = (
        Product(id="a", category="Shoes", brand="Alto", group="g1", color="red", price=90.0, stock=3, margin=20.0),
        Product(id="b", category="Shoes", brand="Alto", group="g1", color="blue", price=95.0, stock=0, regions=("DE",)),
        Product(id="c", category="Socks", brand="Brio", price=9.0, sale_price=7.0, replenishable=True),
    )


class TestContentPack(PackChecks):
    pack = content.PACK
    items = (
        Content(id="a", kind="video", topics=("yoga", "hips"), format="short", creator="Ada", length_s=600.0),
        Content(id="b", kind="video", topics=("yoga",), creator="Ada", length_s=700.0, published=THEN, genre="fit"),
        Content(id="c", kind="track", regions=("DE",), available_from=THEN, available_until=LATER, language="en"),
    )


class TestLearningPack(PackChecks):
    pack = learning.PACK
    items = (
        Module(id="a", series="save", position=1, topic="saving", level=1, length_s=300.0),
        Module(id="b", series="save", position=2, topic="saving", level=2, prerequisites=("a",), expires=LATER),
        Module(id="c", topic="credit", level=5, jurisdictions=("DE",), prerequisites=("nowhere",)),
    )


def test_every_pack_that_ships_is_checked() -> None:
    shipped = {door.load().name for door in entry_points(group="penchant.packs")}
    checked = {case.pack.name for case in (TestProductPack, TestContentPack, TestLearningPack)}

    assert shipped >= checked
    assert len(checked) == 3
