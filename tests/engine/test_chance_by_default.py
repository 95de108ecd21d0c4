"""What is left to chance, and what varies, as packs ship and as a file says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from penchant.engine.assembly import installed_packs, read_workspace, set_up
from penchant.errors import ConfigError
from penchant.pack import Ageing, Diversity
from penchant.serving.setup import DomainSetup


def setup_of(folder: Path, domain: str, more: str = "", pack: str = "product") -> DomainSetup:
    text = f'[domains.site]\npack = "{pack}"\n{domain}\n{more}'
    (folder / "penchant.toml").write_text(text, encoding="utf-8")
    return set_up("site", installed_packs()[pack], read_workspace(folder, {}))


def shares(setup: DomainSetup) -> dict[str, float]:
    found = {name: setup.explore_of(placement) for name, placement in setup.placements.items()}
    return {name: share for name, share in found.items() if share}


@pytest.mark.parametrize(
    ("pack", "share", "named"),
    [
        (
            "product",
            0.03,
            "home category-page also-like also-bought cart post-purchase new-arrivals on-sale",
        ),
        ("content", 0.03, "feed up-next playlist because-you-liked fresh"),
        ("learning", 0.02, "next-step explore-topic"),
    ],
)
def test_a_little_is_left_to_chance_where_an_answer_is_a_guess(
    tmp_path: Path, pack: str, share: float, named: str
) -> None:
    assert shares(setup_of(tmp_path, "", pack=pack)) == dict.fromkeys(named.split(), share)


def test_a_domain_says_how_much_and_a_placement_may_differ(tmp_path: Path) -> None:
    own = '[placements.home]\ndomain = "site"\nexplore = 0.0\n[placements.popular]\ndomain = "site"\nexplore = 0.01\n'
    found = shares(setup_of(tmp_path, "explore = 0.05", own))

    assert "home" not in found
    assert found["popular"] == 0.01
    assert found["cart"] == found["also-like"] == 0.05
    assert "bought-together" not in found


def test_a_domain_that_says_none_means_none(tmp_path: Path) -> None:
    assert shares(setup_of(tmp_path, "explore = 0", '[placements.home]\ndomain = "site"\nexplore = 0.1\n')) == {}


def test_variety_and_age_are_taken_from_the_file(tmp_path: Path) -> None:
    made = setup_of(
        tmp_path,
        "",
        """
[placements.home]
domain = "site"
diversity = { field = "brand", weight = 0.3 }
freshness = { field = "released", half_life_days = 30 }
[placements.front]
domain = "site"
like = "home"
diversity = "none"
""",
    ).placements

    assert made["home"].diversity == Diversity(field="brand", weight=0.3)
    assert made["home"].freshness == Ageing(field="released", half_life_days=30)
    assert (made["front"].diversity, made["front"].freshness) == (None, None)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('diversity = { field = "price" }', 'no text or tags field "price" to vary by'),
        ('freshness = { field = "brand", half_life_days = 2 }', 'no time field "brand" to age by'),
        ("explore = 0.5", "placements.home.explore"),
    ],
)
def test_what_cannot_be_is_told_when_the_file_is_read(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        setup_of(tmp_path, "", f'[placements.home]\ndomain = "site"\n{line}\n')

    assert words in str(caught.value)
