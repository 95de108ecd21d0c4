"""Placements that ship, on a catalog and models made by hand; and what the page for people says of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from penchant.catalog import Item
from penchant.clock import FixedClock
from penchant.dataset import Dataset
from penchant.events import Role
from penchant.models import Run
from penchant.pack import Facts, Pack
from penchant.packs import content, learning, product
from penchant.packs.content import Content
from penchant.packs.learning import Module
from penchant.packs.product import Product
from penchant.placements import Answer, Ask, Parts, answer
from penchant.testing import Row, dataset

PAGE = (Path(__file__).parents[2] / "docs" / "placements.md").read_text(encoding="utf-8")
PACKS = (product.PACK, content.PACK, learning.PACK)


def answered(pack: Pack, name: str, data: Dataset, person: str, models: tuple[str, ...], size: int) -> Answer:
    placement = next(placement for placement in pack.placements if placement.name == name)
    parts = Parts(pack, {model: pack.models[model].fit(data, Run()) for model in models}, data.table, len(data.items))
    facts = Facts(data.queries(data.people.codes([person])))
    ask = Ask(facts, size, pack.objectives[0], np.ones(len(data.table), bool))
    return answer(placement, parts, ask, FixedClock(data.now))


def told(made: Answer) -> list[tuple[str, str]]:
    return [(item.id, item.reasons[0].code if item.reasons else "") for item in made.items]


def test_a_path_is_what_is_open_to_the_learner_the_nearest_first() -> None:
    modules = [Module(id="a1", series="a", position=1), Module(id="b1", series="b", position=1)]
    for series in "ab":
        for place in (2, 3):
            needs = (f"{series}{place - 1}",)
            modules.append(Module(id=f"{series}{place}", series=series, position=place, prerequisites=needs))
    data = dataset([Row("lea", "b1", 1), Row("lea", "a1", 2), Row("lea", "a2", 3)], modules)
    made = answered(learning.PACK, "path", data, "lea", ("path",), 10)

    assert told(made) == [("a3", "on_path"), ("b2", "on_path")]


def test_what_goes_on_is_what_was_begun_and_not_finished() -> None:
    films = [Content(id=name) for name in ("begun", "finished", "skipped", "new")]
    rows = [
        Row("ann", "finished", 98, Role.WEAK),
        Row("ann", "begun", 99, Role.WEAK),
        Row("ann", "skipped", 99.1, Role.WEAK),
        Row("ann", "skipped", 99.2, Role.NEGATIVE),
        Row("ann", "finished", 99.3),
    ]
    made = answered(content.PACK, "continue", dataset(rows, films), "ann", ("begun", "popular"), 1)

    assert told(made) == [("begun", "begun")]


def test_what_goes_on_is_that_alone_and_nothing_where_nothing_was_begun() -> None:
    films = [Content(id=name) for name in ("begun", "loved", "new")]
    rows = [Row("bob", "loved", 97), Row("ann", "begun", 99, Role.WEAK), Row("cy", "loved", 99)]
    data = dataset(rows, films)

    assert told(answered(content.PACK, "continue", data, "ann", ("begun", "popular"), 5)) == [("begun", "begun")]
    assert told(answered(content.PACK, "continue", data, "cy", ("begun", "popular"), 5)) == []


def test_what_is_bought_again_was_bought_before() -> None:
    goods = [Product(id=name) for name in ("socks", "bars", "hat")]
    often = [Row("ann", "socks", day) for day in (10, 40, 70)]
    others = [Row(f"p{n}", "hat", 90 + n / 10) for n in range(20)]
    looked = [Row("ann", "bars", 95, Role.WEAK), Row("bob", "hat", 96, Role.WEAK)]
    data = dataset([*often, *others, *looked], goods)

    assert told(answered(product.PACK, "buy-again", data, "ann", ("habit", "popular"), 5)) == [("socks", "habit")]
    assert told(answered(product.PACK, "buy-again", data, "bob", ("habit", "popular"), 5)) == []


def test_a_playlist_is_played_in_the_order_in_which_things_followed() -> None:
    tracks: list[Item] = [Content(id=name, kind="track") for name in ("d", "c", "b", "a", "other")]
    evenings = [Row(f"p{day}", name, day + place / 1_440) for day in range(60) for place, name in enumerate("abcd")]
    data = dataset([*evenings, Row("ann", "a", 99, Role.WEAK)], tracks)
    made = answered(content.PACK, "playlist", data, "ann", ("playlist",), 3)

    assert told(made) == [(name, "goes_on") for name in ("b", "c", "d")]


def test_every_pack_is_judged_against_what_is_simple() -> None:
    for pack in PACKS:
        assert {"popular", "popular-week", "personal-top", "item-knn"} <= set(pack.baselines)
    assert "popular-day" in set(content.PACK.baselines) & set(learning.PACK.baselines)


def test_the_page_says_what_each_placement_needs_and_learns() -> None:
    rows = re.findall(r"^\| (\w*) ?\| \[`([\w-]+)`\]\(\S+\) \| .+ \| (\w*) ?\| (?:`(\w+)` )?\|$", PAGE, re.MULTILINE)
    names = [name for name, *_ in rows if name]
    pack_of = [names[sum(bool(name) for name, *_ in rows[: i + 1]) - 1] for i in range(len(rows))]
    said = {(pack, name, needs, learns) for pack, (_, name, needs, learns) in zip(pack_of, rows, strict=True)}

    assert said == {
        (pack.name, one.name, "".join(one.needs), one.learns or "") for pack in PACKS for one in pack.placements
    }
