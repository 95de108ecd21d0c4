"""Packs keep to themselves: their words, their outcomes, their signals."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

import penchant
from penchant.dataset import Reader
from penchant.events import Event, Role
from penchant.pack import Pack
from penchant.packs import content, learning, product

PACKS = (product.PACK, content.PACK, learning.PACK)
PAIRS = [pytest.param(a, b, id=f"{a.name}-{b.name}") for a, b in combinations(PACKS, 2)]
ALSO = {"Recommendation Viewed", "Recommendation Clicked", "Recommendation Dismissed"}
"""What is said of our own answers; every domain has them."""

SOURCE = Path(penchant.__file__).parent
WORDS = re.compile(r"(?<![a-z])(cart|article|lesson)s?(?![a-z])", re.IGNORECASE)
ROOMS_WITH_WORDS = {"packs", "events", "feeds", "simulation"}
"""Where the outside world's words are declared, translated or imitated."""


def has_words(path: Path) -> bool:
    return not ROOMS_WITH_WORDS.isdisjoint(path.relative_to(SOURCE).parts)


def test_no_shared_module_speaks_of_one_domain() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for path in sorted(SOURCE.rglob("*.py"))
        if not has_words(path) and path.stem != "demo"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if WORDS.search(line)
    ]

    assert found == []


def test_the_search_for_words_finds_them() -> None:
    shared = sum(1 for path in SOURCE.rglob("*.py") if not has_words(path))

    assert shared > 80
    assert all(WORDS.search(text) for text in ("cart", "add_to_cart", "Lessons", '"article"', "cart2"))
    assert not any(WORDS.search(text) for text in ("cartography", "particle", "lessoned", "descartes"))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_outcome_of_one_domain_is_a_signal_of_another(one: Pack, other: Pack) -> None:
    for a, b in ((one, other), (other, one)):
        read = {signal.event for signal in b.signals}
        assert not set(a.roles(Role.GOAL, Role.STRONG, Role.REVERSAL)) & read


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_domains_share_only_what_is_said_of_answers(one: Pack, other: Pack) -> None:
    assert {s.event for s in one.signals} & {s.event for s in other.signals} <= ALSO


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_pack_reads_nothing_of_what_others_signal(pack: Pack) -> None:
    foreign = [s.event for other in PACKS if other is not pack for s in other.signals if s.event not in ALSO]
    events = [Event("x", "t", str(n), 0, name, "ann", None, n, n, "a") for n, name in enumerate(foreign)]

    assert len(foreign) > 10
    assert len(Reader(pack.signals).queries(events, {"a": 0}, now=1e6).items) == 0


def test_selling_teaches_a_school_nothing() -> None:
    sales = {"Order Completed", "Product Added", "Product Viewed", "Order Refunded"}

    assert not sales & {signal.event for signal in learning.PACK.signals}
