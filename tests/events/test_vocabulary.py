from __future__ import annotations

import pytest

from penchant.events import VOCABULARY, canonical, find, suggestion


@pytest.mark.parametrize(
    "name", ["Order Completed", "order completed", "ORDER_COMPLETED", " order-completed ", "purchase"]
)
def test_a_name_is_found_whatever_its_case_and_separators(name: str) -> None:
    assert canonical(name) == "Order Completed"


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("Completed Order", "Order Completed"),
        ("Viewed Product Category", "Product List Viewed"),
        ("add_to_cart", "Product Added"),
        ("refund", "Order Refunded"),
        ("video_complete", "Video Content Completed"),
        ("Article Viewed", "Content Viewed"),
    ],
)
def test_other_specs_names_are_aliases(alias: str, name: str) -> None:
    assert canonical(alias) == name


def test_a_name_outside_the_vocabulary_is_none() -> None:
    assert canonical("Newsletter Read Twice") is None
    assert find("") is None


def test_every_name_and_alias_leads_to_its_own_term() -> None:
    for term in VOCABULARY:
        assert [find(name) for name in (term.name, *term.aliases)] == [term] * (1 + len(term.aliases))


def test_shapes_say_what_an_event_is_about() -> None:
    assert [find(n).shape for n in ("Product Viewed", "Order Completed", "Order Refunded", "Products Searched")] == [  # type: ignore[union-attr]
        "item",
        "items",
        "order",
        "none",
    ]


def test_a_misspelt_name_gets_the_nearest_as_suggestion() -> None:
    assert suggestion("Order Complete") == "Order Completed"
    assert suggestion("ad_to_cart") == "Product Added"
    assert suggestion("xqz") is None


def test_a_suggestion_may_come_from_the_names_of_a_pack() -> None:
    assert suggestion("Loan Aplied", also=("Loan Applied",)) == "Loan Applied"
