"""docs/catalog.md says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from penchant.catalog import Change, Item, KeptItem, Schema, apply_changes, join, read_item
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "catalog.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"(?ms)^##+ ([^\n]+)\n(.*?)(?=^##|\Z)", TEXT))
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| `(.+?)` \| .+ \|$", re.MULTILINE)
KINDS: dict[str, type[Item]] = {"What an item is": Item, "Products": Product, "Content": Content, "Modules": Module}


@pytest.mark.parametrize("section", KINDS)
def test_every_field_is_told_with_an_example_that_is_read(section: str) -> None:
    kind = KINDS[section]
    rows = ROW.findall(SECTIONS[section])
    own = [name for name in kind.__struct_fields__ if kind is Item or name not in Item.__struct_fields__]

    assert [name for name, _, _ in rows] == own
    for name, _, example in rows:
        read_item(kind, {"id": "a", name: msgspec.json.decode(example)})


@pytest.mark.parametrize("section", list(KINDS)[1:])
def test_live_and_counted_fields_are_marked(section: str) -> None:
    kind = KINDS[section]
    rows = ROW.findall(SECTIONS[section])

    assert {name for name, holds, _ in rows if "**live**" in holds} == set(kind.live) - {"active"}
    assert {name for name, holds, _ in rows if "counted" in holds} == set(kind.counted)


def test_the_changes_it_shows_do_what_it_says() -> None:
    fences = [block.splitlines() for block in re.findall(r"(?s)```json\n(.*?)```", SECTIONS["Changes"])]
    changes, verdicts, [left] = fences
    schema = Schema.of(Product)

    write, told = apply_changes(schema, [msgspec.json.decode(line, type=Change) for line in changes], {}, 0)

    assert [msgspec.json.decode(msgspec.json.encode(verdict)) for verdict in told] == list(
        map(msgspec.json.decode, verdicts)
    )
    [(name, body)], [(_, live)] = write.bodies, write.lives
    kept = KeptItem(name, body, live)
    assert msgspec.json.decode(join(body, live)) == msgspec.json.decode(left)
    _, again = apply_changes(schema, [Change(id=name, op="patch")], {name: kept}, 0)
    assert again[0].status == "unchanged"


def test_how_values_are_read_is_as_it_says() -> None:
    told = {
        "sale_until": "2026-12-01",
        "sale_from": "2026-12-01T10:00:00",
        "category": "Shoes>Running",
        "currency": "eur",
        "stock": 3.0,
        "price": None,
    }
    item = read_item(Product, {"id": "a", **told})

    assert (item.category, item.currency, item.stock, item.price) == ("Shoes > Running", "EUR", 3, None)
    assert (item.sale_from.isoformat(), item.sale_until.isoformat()) == (  # type: ignore[union-attr]
        "2026-12-01T10:00:00+00:00",
        "2026-12-02T00:00:00+00:00",
    )
