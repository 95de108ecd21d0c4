from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from penchant.config.settings import Import, Settings
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product
from penchant.simulation import World, academy, configuration, shop, stream, write

KINDS = {"shop": Product, "channel": Content, "academy": Module}


@pytest.fixture(scope="module")
def brand(now: float) -> dict[str, World]:
    worlds = shop(1, now, people=30), stream(1, now, people=30, videos=80), academy(1, now, people=30)
    return {world.domain: world for world in worlds}


def settings() -> Settings:
    return msgspec.convert(tomllib.loads(configuration()), Settings)


def test_what_is_written_is_read_again(brand: dict[str, World], tmp_path: Path) -> None:
    for world in brand.values():
        items, events = write(world, tmp_path / world.domain)

        assert [msgspec.json.decode(line) for line in items.read_bytes().splitlines()] == world.items
        assert pq.read_table(events).equals(world.events)


def test_writing_twice_gives_the_same_bytes(brand: dict[str, World], tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write(brand["shop"], tmp_path)]

    assert [path.read_bytes() for path in write(brand["shop"], tmp_path)] == first


def test_the_configuration_has_three_domains_with_their_packs_and_how_they_are_judged(brand: dict[str, World]) -> None:
    domains = settings().domains

    assert {name: domain.pack for name, domain in domains.items()} == {
        world.domain: world.pack for world in brand.values()
    }
    assert {name: domain.evaluation.repeats for name, domain in domains.items()} == {
        "shop": "allowed",
        "channel": "new-only",
        "academy": "new-only",
    }
    assert all(d.evaluation.test_days and d.evaluation.valid_days for d in domains.values())


def test_items_are_imported_before_events_of_each_domain() -> None:
    assert [(i.domain, i.kind) for i in settings().imports] == [
        ("shop", "items"),
        ("shop", "events"),
        ("channel", "items"),
        ("channel", "events"),
        ("academy", "items"),
        ("academy", "events"),
    ]


@pytest.mark.parametrize("entry", settings().imports, ids=lambda entry: entry.name)
def test_every_import_takes_columns_that_its_file_has(entry: Import, brand: dict[str, World], tmp_path: Path) -> None:
    world = brand[entry.domain]
    write(world, tmp_path / "data" / world.domain)

    assert (tmp_path / entry.path).is_file()
    if entry.kind == "items":
        assert set(entry.columns.values()) <= set(world.items[0])
        assert set(entry.columns) <= set(KINDS[entry.domain].__struct_fields__)
        # What is left out has nothing to say in any item.
        left_out = set(world.items[0]) - set(entry.columns)
        assert all(not item[name] for item in world.items for name in left_out)
    else:
        assert set(entry.columns.values()) <= set(world.events.schema.names)
        left_out = set(world.events.schema.names) - set(entry.columns)
        assert all(world.events[name].null_count == world.events.num_rows for name in left_out)
