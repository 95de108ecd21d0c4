from __future__ import annotations

import re

import pytest

from penchant.engine import installed_packs
from penchant.pack import Pack
from penchant.placements import SHIPPED, Texts, codes_of, reasons_of
from penchant.slate import Reason, Slate, SlateItem

PACKS = installed_packs()


def slate(*reasons: Reason) -> Slate:
    item = SlateItem(id="a", position=1, value=1.0, source=(), reasons=reasons)
    return Slate(slate_id="s", placement="home", domain="shop", release=None, items=(item,))


def said(texts: Texts, language: str | None, *codes: str) -> list[str]:
    found = texts.said(slate(*(Reason(code, f"{code} in English") for code in codes)), language)
    assert [reason.code for reason in found.items[0].reasons] == list(codes)
    return [reason.text for reason in found.items[0].reasons]


TEXTS = Texts({"de": {"alike": "ähnlich", "due": "bald"}, "de-at": {"due": "bald, gell"}, "en": {"due": "soon"}})


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (None, ["alike in English", "soon", "odd in English"]),
        ("en", ["alike in English", "soon", "odd in English"]),
        ("en-GB", ["alike in English", "soon", "odd in English"]),
        ("de", ["ähnlich", "bald", "odd in English"]),
        ("de-AT", ["ähnlich", "bald, gell", "odd in English"]),
        ("de-CH-1996", ["ähnlich", "bald", "odd in English"]),
        ("fr", ["alike in English", "soon", "odd in English"]),
    ],
)
def test_a_text_is_that_of_the_nearest_language_and_else_english(language: str | None, wanted: list[str]) -> None:
    assert said(TEXTS, language, "alike", "due", "odd") == wanted


def test_a_language_without_the_text_falls_back_to_what_the_domain_says_in_english() -> None:
    texts = Texts({"de": {"alike": "ähnlich"}, "en": {"due": "soon"}})

    assert said(texts, "de", "alike", "due") == ["ähnlich", "soon"]


def test_a_domain_has_a_language_of_its_own() -> None:
    texts = Texts(TEXTS.tables, "de")

    assert (said(texts, None, "alike"), said(texts, "en", "alike")) == (["ähnlich"], ["alike in English"])


def test_a_slate_that_needs_no_words_stays_the_same_object() -> None:
    one = slate(Reason("alike", "like it"))

    assert Texts({"de": {"alike": "ähnlich"}}).said(one) is one


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_the_domain_has_the_last_word_then_the_pack(pack: Pack) -> None:
    texts = Texts.of(pack, {"de": {"alike": "eigen"}})

    assert texts.table("de")["alike"] == "eigen"
    assert texts.table("de")["popular"] == pack.texts["de"].get("popular", SHIPPED["de"]["popular"])


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_what_ships_in_german_is_all_there_is_and_nothing_else(pack: Pack) -> None:
    codes = codes_of(pack)

    assert set(Texts.of(pack, {}).table("de")) == set(codes)
    assert set(pack.texts) == set(SHIPPED) == {"de"}


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_texts_are_constants_without_places_for_anything(pack: Pack) -> None:
    """So that no text can hold what is private, or somebody's name."""
    texts = [*(one.text for one in reasons_of(pack)), *Texts.of(pack, {}).table("de").values()]

    assert not [text for text in texts if re.search(r"[{}%<>\d]", text)]
