"""Reasons of the placements that ship are true of whoever asks: of nobody's past where nobody is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pytest

from penchant.catalog import Item
from penchant.clock import DAY, FixedClock, iso
from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.features import Statistics
from penchant.models import Blend, Fitted, Run, Share, finds_similar, retrieves
from penchant.pack import Facts, Pack
from penchant.packs import content, learning, product
from penchant.packs.content import Content
from penchant.packs.learning import Module
from penchant.packs.product import Product
from penchant.placements import Ask, Parts, Texts, answer
from penchant.slate import Reason
from penchant.testing import Row, dataset

NOW = 100.0
ITEMS = 24
PERSONAL = {"en": re.compile(r"\b(you|your|yours)\b"), "de": re.compile(r"\b(du|dir|dich|dein\w*)\b")}
"""Words that speak of the person."""
OF_ITS_ITEMS = ("goes_with", "chosen_after")
"""Codes that speak of the items a request names: what lies in the cart, what the person is at."""


def goods() -> list[Item]:
    return [
        Product(
            id=f"i{n}",
            category=("Shoes", "Hats", "Socks")[n % 3],
            brand=("Alto", "Brio")[n % 2],
            group=f"g{n // 2}",
            price=10.0 + n,
            replenishable=n % 3 == 2,
            released=iso((NOW - n * 5) * DAY),
            sale_price=9.0 if n % 4 == 0 else None,
        )
        for n in range(ITEMS)
    ]


def shows() -> list[Item]:
    return [
        Content(
            id=f"i{n}",
            kind="video",
            topics=(("yoga", "run", "cook")[n % 3],),
            creator=("Ada", "Bo")[n % 2],
            format=("talk", "clip")[n % 2],
            language="en",
            series=f"s{n // 4}",
            episode=n % 4 + 1,
            length_s=60.0 + 10 * n,
            published=iso((NOW - n) * DAY),
        )
        for n in range(ITEMS)
    ]


def modules() -> list[Item]:
    return [
        Module(
            id=f"i{n}",
            series=f"s{n // 4}",
            position=n % 4 + 1,
            topic=("funds", "loans", "saving")[n % 3],
            level=1 + n % 5,
            prerequisites=(f"i{n - 1}",) if n % 4 else (),
        )
        for n in range(ITEMS)
    ]


PACKS: dict[str, tuple[Pack, list[Item]]] = {
    pack.name: (pack, items)
    for pack, items in ((product.PACK, goods()), (content.PACK, shows()), (learning.PACK, modules()))
}


def lived(items: list[Item]) -> Dataset:
    """Sixty people, each with a topic they lean to, who look, choose, come back and turn away."""
    draw = np.random.default_rng(3)
    rows = []
    for person in range(60):
        for step in range(12):
            kind = person % 3 if draw.random() < 0.8 else int(draw.integers(3))
            item = f"i{int(draw.integers(ITEMS // 3)) * 3 + kind}"
            day = 40.0 + person % 20 + 3.0 * (step // 3) + 0.002 * (step % 3)
            role = Role.NEGATIVE if step % 11 == 7 else (Role.WEAK, Role.STRONG, Role.GOAL)[int(draw.integers(3))]
            basket = f"b{person}-{step // 3}" if role is Role.GOAL else None
            rows.append(Row(f"p{person:02}", item, day, role, basket=basket, progress=0.5))
    return dataset(rows, items, NOW)


@dataclass
class World:
    """A pack whose models are fitted to a small world."""

    pack: Pack
    data: Dataset
    models: dict[str, Fitted]

    def told(self, queries: Queries) -> dict[str, dict[Reason, None]]:
        """Every reason that some item of some placement has for somebody, by placement.

        A placement is asked once with each model as the only list of its blend, so that none drowns among others.
        """
        rows, n = self.data.interactions, len(self.data.items)
        parts = Parts(
            self.pack, self.models, self.data.table, n, statistics=Statistics.of(rows.item, rows.time, rows.role, n)
        )
        found: dict[str, dict[Reason, None]] = {}
        for placement in self.pack.placements:
            if "item" in placement.needs and not len(queries.seeds):
                continue
            placed = found.setdefault(placement.name, {})
            for blend in self._blends() if placement.learns else (None,):
                own = replace(parts, blends={} if blend is None else {placement.name: blend})
                ask = Ask(Facts(queries), ITEMS, self.pack.objectives[0], np.ones(n, bool))
                made = answer(msgspec.structs.replace(placement, caps={}), own, ask, FixedClock(NOW * DAY))
                placed.update(dict.fromkeys(reason for item in made.items for reason in item.reasons))
        return found

    def _blends(self) -> Iterator[Blend]:
        for name, model in self.models.items():
            if retrieves(model):
                yield Blend(shares=(Share(model=name, reads="person", weight=1.0),))
            if finds_similar(model):
                yield Blend(shares=(Share(model=name, reads="seeds", weight=1.0),))

    def personal(self, queries: Queries, language: str, *but: str) -> list[str]:
        """Texts of those reasons that speak of the person, save for some codes."""
        table = Texts.of(self.pack, {}).table(language)
        return [
            f"{placement}: {reason.code}: {text}"
            for placement, reasons in self.told(queries).items()
            for reason in reasons
            if reason.code not in but and PERSONAL[language].search(text := table.get(reason.code, reason.text))
        ]


@pytest.fixture(scope="module", params=list(PACKS))
def world(request: pytest.FixtureRequest) -> World:
    pack, items = PACKS[request.param]
    data = lived(items)
    models: dict[str, Fitted] = {}
    for name, recipe in pack.models.items():
        with suppress(FitFailed):
            models[name] = recipe.fit(data, Run())
    return World(pack, data, models)


def nobody(*seeds: int) -> Queries:
    return Queries.single(NOW * DAY, seeds=seeds)


@pytest.mark.parametrize("language", PERSONAL)
def test_nothing_is_said_of_the_past_of_somebody_unknown(world: World, language: str) -> None:
    assert world.personal(nobody(), language) == []
    assert world.personal(nobody(4), language, *OF_ITS_ITEMS) == []


def test_somebody_known_is_told_of_their_own_past(world: World) -> None:
    queries = world.data.queries(world.data.people.codes(["p03"]))

    assert world.personal(queries, "en") != []
    assert world.personal(queries, "de") != []


@pytest.mark.parametrize("pack", [pack for pack, _ in PACKS.values()], ids=list(PACKS))
def test_what_only_reads_the_items_of_a_request_says_nothing_of_the_person(pack: Pack) -> None:
    table = Texts.of(pack, {}).table("de")
    sources = [source for one in pack.placements for source in one.sources if source.reads == "seeds" and source.reason]
    said = {source.reason for source in sources if source.reason}

    assert said
    assert not [text for _, text in said if PERSONAL["en"].search(text)]
    assert not [table[code] for code, _ in said if PERSONAL["de"].search(table[code])]
